/** Which columns of a table there is room for, and how wide each is. */
import { textWidth } from './width.js'

/** What a layout has to know of a column. */
export interface ColumnShape {
  readonly header: string
  /** a header for when there is little room; the same where it cannot be shorter */
  readonly short: string
  /** numbers stand at the right */
  readonly right: boolean
  /** on a terminal that is too narrow columns go in the rising order of this; 0: stays */
  readonly goes: number
  /** the least that its cells may be cut to when that is not enough; 0: they are never cut */
  readonly least: number
}

export interface Place {
  /** index of the column */
  readonly column: number
  readonly header: string
  readonly width: number
  readonly right: boolean
  /** its cells may be cut */
  readonly cut: boolean
}

export interface Layout {
  readonly places: readonly Place[]
  /** columns of the terminal between two places */
  readonly gap: number
  /** of a whole row */
  readonly width: number
}

/**
 * Lays columns out whose widest cells take `widths`, in `room` columns of a terminal (undefined: as many as it takes). Where they do not
 * fit, the space between them shrinks, then headers, then columns go, then cells are cut; what is still wider stays so.
 */
export function layoutOf(shapes: readonly ColumnShape[], widths: readonly number[], room: number | undefined): Layout {
  const order = shapes.map(({ goes }) => goes).filter((goes) => goes > 0)
  let layout = layoutWithout(shapes, widths, 0, 2, false)
  if (room === undefined) return layout
  for (const gone of [0, ...order.sort((a, b) => a - b)]) {
    for (const [gap, short] of [
      [2, false],
      [1, false],
      [1, true]
    ] as const) {
      layout = layoutWithout(shapes, widths, gone, gap, short)
      if (layout.width <= room) return layout
    }
  }
  return cutTo(layout, shapes, room)
}

function layoutWithout(shapes: readonly ColumnShape[], widths: readonly number[], gone: number, gap: number, isShort: boolean): Layout {
  const places = shapes.flatMap(({ header, short, right, goes, least }, column): Place[] => {
    if (goes > 0 && goes <= gone) return []
    const title = isShort ? short : header
    return [{ column, header: title, width: Math.max(widths[column], textWidth(title)), right, cut: least > 0 }]
  })
  return withPlaces(places, gap)
}

function withPlaces(places: readonly Place[], gap: number): Layout {
  const width = places.reduce((sum, place) => sum + place.width, 0) + gap * Math.max(0, places.length - 1)
  return { places, gap, width }
}

/** Takes columns from the widest cells that may be cut, until all of it fits or none is left. */
function cutTo(layout: Layout, shapes: readonly ColumnShape[], room: number): Layout {
  const widths = layout.places.map(({ width }) => width)
  for (let over = layout.width - room; over > 0; over--) {
    let widest = -1
    layout.places.forEach(({ column }, i) => {
      const { least } = shapes[column]
      if (least > 0 && widths[i] > least && (widest < 0 || widths[i] > widths[widest])) widest = i
    })
    if (widest < 0) break
    widths[widest]--
  }
  return withPlaces(
    layout.places.map((place, i) => ({ ...place, width: widths[i] })),
    layout.gap
  )
}
