/** The view while it lives: flows come in, keys are pressed, pictures are drawn. */
import { BrokenInputError } from '../cli/exit.js'
import type { Tool } from '../cli/tool.js'
import type { Filter } from '../query/filter.js'
import { type ListCounts, watchLists } from '../query/watchlists.js'
import { controlsOf, type Looking } from './controls.js'
import type { Options } from './options.js'
import { groupsOn, pictureOf, type View } from './picture.js'
import type { Screen } from './screen.js'
import { type Snapshot, snapshot } from './snapshot.js'
import type { LiveWindow } from './window.js'

export interface LiveView {
  /** resolved when the first flow has come */
  readonly started: Promise<void>
  /** the stream's time at which a picture is due, for `timedInput` */
  readonly due: () => number
  /** To be called between pieces of work: draws when it is time to. */
  readonly tick: () => boolean
  /** Says that nothing more comes, or what ended it. */
  readonly end: (error: unknown) => void
  /** what broke the stream, if anything */
  readonly broken: () => Error | undefined
  /** Draws on a screen, and obeys its keys until someone has seen enough. Throws what went wrong. */
  readonly on: (screen: Screen) => Promise<void>
}

/** What flow-top shows of `live`, and how its keys change that. */
export function liveView(
  { options, signals, log }: Tool<Options>,
  live: LiveWindow,
  looking: Looking,
  filter: Filter | undefined,
  lists: ListCounts
): LiveView {
  const { window: windowMs, every } = options
  const { controls, press } = controlsOf(looking, filter)
  const colour = process.env.NO_COLOR === undefined
  let screen: Screen | undefined
  let widths: number[] = []
  let ended: string | undefined
  let broken: Error | undefined
  let viewEnd = live.now()
  let shot: Snapshot | undefined
  let drawn = 0
  let due = 0
  let start: () => void
  const started = new Promise<void>((resolve) => {
    start = resolve
  })
  let finish: () => void
  let fail: (error: Error) => void
  const finished = new Promise<void>((resolve, reject) => {
    finish = resolve
    fail = reject
  })
  finished.catch(() => undefined) // it may fail before anyone waits for it

  function watchFilter(): void {
    const { filter } = controls
    if (filter !== undefined) void watchLists(filter, lists, log, () => controls.filter === filter)
  }

  function shoot(screen: Screen): Snapshot {
    if (!controls.frozen) {
      live.expire()
      viewEnd = live.now()
    }
    return snapshot(live, controls.grouping, windowMs, viewEnd, groupsOn(screen.rows()))
  }

  /** Draws the picture, of a new snapshot where something has changed. */
  function draw(isNew: boolean): void {
    if (screen === undefined) return
    drawn = performance.now()
    due = live.time.now + every
    if (isNew || shot === undefined) shot = shoot(screen)
    const { looking, grouping, edited, frozen, help } = controls
    const selected = Math.min(controls.selected, Math.max(0, shot.rows.length - 1))
    const view: View = { snapshot: shot, grouping, windowMs, widths, filter: looking.filter, edited, selected, frozen, help, ended, colour }
    screen.draw(pictureOf(view, screen.columns(), screen.rows()))
  }

  /** An error of a handler ends the view, which leaves the terminal as it was. */
  function guarded<A extends unknown[]>(work: (...args: A) => void): (...args: A) => void {
    return (...args) => {
      try {
        work(...args)
      } catch (error) {
        fail(errorOf(error))
      }
    }
  }

  signals.onStop(() => {
    finish()
  })
  watchFilter()

  return {
    started,
    due: () => due,
    tick() {
      if (live.counts.flows > 0) start()
      if (screen === undefined) due = live.time.now + every
      else if (performance.now() - drawn >= every - 1) draw(!controls.frozen)
      return false
    },
    end: guarded((error) => {
      if (error !== undefined && !(error instanceof BrokenInputError)) {
        fail(errorOf(error))
        return
      }
      broken = error
      ended = error === undefined ? 'input ended' : `input broken: ${error.reason}`
      draw(!controls.frozen)
    }),
    broken: () => broken,
    on(opened) {
      screen = opened
      screen.onResize(
        guarded(() => {
          draw(true)
        })
      )
      screen.onKey(
        guarded((key) => {
          const effect = press(key, shot?.rows ?? [])
          if (effect === 'quit') finish()
          if (effect === 'freeze' && controls.frozen) viewEnd = live.cut()
          if (effect === 'regroup') {
            live.show(controls.grouping, controls.filter)
            watchFilter()
            widths = []
          }
          draw(effect === 'regroup' || effect === 'freeze')
        })
      )
      // what other processes write on the terminal goes, also when no flow comes
      setInterval(
        guarded(() => {
          if (performance.now() - drawn > 1.5 * every) draw(false)
        }),
        every
      ).unref()
      draw(true)
      return finished
    }
  }
}

function errorOf(error: unknown): Error {
  return error instanceof Error ? error : new Error(String(error))
}
