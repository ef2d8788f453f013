/** A real terminal, by tmux: commands run in it, keys go to it, and what it shows is read. */
import { execFileSync, spawnSync } from 'node:child_process'
import path from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { ROOT } from './tools.js'

/** What to give a test as `skip`. */
export const withoutTmux = spawnSync('tmux', ['-V']).status === 0 ? false : 'tmux is not installed'

export interface Terminal {
  /** The lines that it shows, without blanks at their ends and empty lines at the end; those that scrolled away first. */
  screen(): string[]
  /** The same with the escape sequences of colours. */
  colours(): string
  /** Keys as tmux names them: `Enter`, `C-c`, `BSpace`, or text. */
  keys(...keys: string[]): void
  resize(columns: number, rows: number): void
  /** Resolved with the lines once they are so. Rejected with what the terminal shows where that takes too long. */
  until(what: string, isSo: (screen: string[]) => boolean): Promise<string[]>
  close(): void
}

let opened = 0

/** Opens a terminal of that size and runs a command of bash in it, the tools on the PATH. The terminal stays when the command has ended. */
export function openTerminal(columns: number, rows: number, command: string, env: Record<string, string> = {}): Terminal {
  const server = `flow-test-${process.pid}-${opened++}`
  const tmux = (...args: string[]): string =>
    execFileSync('tmux', ['-u', '-L', server, '-f', '/dev/null', ...args], {
      encoding: 'utf8',
      env: {
        ...process.env,
        TMUX: '',
        TERM: 'xterm-256color',
        LC_ALL: 'C.UTF-8',
        PATH: `${path.join(ROOT, 'bin')}:${process.env.PATH ?? ''}`,
        ...env
      }
    })
  const size = ['-x', String(columns), '-y', String(rows)]
  tmux(
    'set-option',
    '-g',
    'remain-on-exit',
    'on',
    ';',
    'set-option',
    '-g',
    'history-limit',
    '5000',
    ';',
    'new-session',
    '-d',
    ...size,
    'bash',
    '--norc',
    '-c',
    command
  )

  function screen(): string[] {
    const lines = tmux('capture-pane', '-p', '-S', '-')
      .split('\n')
      .map((line) => line.trimEnd())
    // tmux itself tells of a command that has ended
    while (lines.length > 0 && /^(Pane is dead.*)?$/.test(lines.at(-1)!)) lines.pop()
    return lines
  }

  return {
    screen,
    colours: () => tmux('capture-pane', '-p', '-e', '-S', '-'),
    keys(...keys) {
      tmux('send-keys', ...keys)
    },
    resize(x, y) {
      tmux('resize-window', '-x', String(x), '-y', String(y))
    },
    async until(what, isSo) {
      let lines: string[] = []
      for (let i = 0; i < 300; i++) {
        lines = screen()
        if (isSo(lines)) return lines
        await sleep(50)
      }
      throw new Error(`never came: ${what}\n${lines.join('\n')}`)
    },
    close() {
      spawnSync('tmux', ['-L', server, 'kill-server'])
    }
  }
}
