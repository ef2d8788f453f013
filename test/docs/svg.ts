/** A terminal's screen as an SVG image. */

const CELL = { width: 8.4, height: 17 }
const MARGIN = 12
const FONT = "ui-monospace, 'DejaVu Sans Mono', Menlo, Consolas, monospace"
const BACKGROUND = '#16181d'
const FOREGROUND = '#d6dae2'
/** SGR foreground colours that the tools use (ECMA-48 §8.3.117) */
const COLOURS: Readonly<Record<string, string>> = { 31: '#f2777a', 32: '#99cc99', 33: '#ffcc66', 34: '#6699cc', 36: '#66cccc' }

interface Looks {
  bold: boolean
  dim: boolean
  reverse: boolean
  colour: string
}

const PLAIN: Looks = { bold: false, dim: false, reverse: false, colour: FOREGROUND }

/** Lines with SGR escape sequences, as `tmux capture-pane -e` gives them, each character a column wide. */
export function screenAsSvg(lines: readonly string[], columns: number, title: string): string {
  const width = Math.ceil(columns * CELL.width + 2 * MARGIN)
  const height = lines.length * CELL.height + 2 * MARGIN
  let looks = PLAIN
  const runs = lines.flatMap((line, row) => {
    let column = 0
    return Array.from(line.matchAll(/\x1b\[([\d;]*)m|([^\x1b]+)/g), ([, codes, text]) => {
      if (text === undefined) {
        looks = lookedAt(looks, codes)
        return ''
      }
      const at = column
      column += Array.from(text).length
      return runAsSvg(text, looks, at, row)
    })
  })
  return `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}" role="img" aria-label="${title}">
<rect width="100%" height="100%" rx="6" fill="${BACKGROUND}"/>
<g font-family="${FONT}" font-size="14" xml:space="preserve">
${runs.filter((run) => run !== '').join('\n')}
</g>
</svg>
`
}

function lookedAt(looks: Looks, codes: string): Looks {
  let next = looks
  for (const code of codes === '' ? ['0'] : codes.split(';')) {
    if (code === '0') next = PLAIN
    else if (code === '1') next = { ...next, bold: true }
    else if (code === '2') next = { ...next, dim: true }
    else if (code === '7') next = { ...next, reverse: true }
    else if (code === '39') next = { ...next, colour: FOREGROUND }
    else if (code in COLOURS) next = { ...next, colour: COLOURS[code] }
  }
  return next
}

function runAsSvg(text: string, { bold, dim, reverse, colour }: Looks, column: number, row: number): string {
  const length = Array.from(text).length
  const x = (MARGIN + column * CELL.width).toFixed(1)
  const top = MARGIN + row * CELL.height
  const box = reverse
    ? `<rect x="${x}" y="${top}" width="${(length * CELL.width).toFixed(1)}" height="${CELL.height}" fill="${colour}"/>`
    : ''
  if (text.trim() === '') return box
  const looks = `fill="${reverse ? BACKGROUND : colour}"${bold ? ' font-weight="bold"' : ''}${dim ? ' opacity="0.6"' : ''}`
  const escaped = text.replace(/[&<>]/g, (character) => `&#${character.charCodeAt(0)};`)
  return `${box}<text x="${x}" y="${top + 13}" textLength="${(length * CELL.width).toFixed(1)}" lengthAdjust="spacingAndGlyphs" ${looks}>${escaped}</text>`
}
