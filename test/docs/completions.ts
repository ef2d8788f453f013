/** Completion for shells, from the option tables. */
import { type Definition, FILES } from '../../src/cli/definition.js'
import { COMMON_OPTIONS, type Option, type OptionTable } from '../../src/cli/optiontable.js'
import { flowMessage } from '../../src/flow/proto.js'
import { VIRTUAL_COLUMNS } from '../../src/schema/virtual.js'

const HEAD = '# Made by npm run build from the option tables: a change here is lost.'
const FIELDS = [...flowMessage.fields.map(({ name }) => name), ...VIRTUAL_COLUMNS].join(' ')

/** The options that are shown, and the two that every tool has beside its table. */
function optionsOf({ options }: Definition): [name: string, option: Option][] {
  const table: OptionTable = {
    ...options,
    ...COMMON_OPTIONS,
    h: { help: 'print a help; all: with every option' },
    v: { help: 'print the version' }
  }
  return Object.entries(table).filter(([, { hidden }]) => hidden !== true)
}

/** What completes the value of an option. */
function valuesOf(name: string, { argument, choices, isFields, isInput }: Option): 'files' | 'fields' | 'nothing' | readonly string[] {
  if (name === 'h') return ['all']
  if (choices !== undefined) return choices
  if (isFields === true) return 'fields'
  return argument === 'file' || isInput === true ? 'files' : 'nothing'
}

const takesValue = (name: string, { argument }: Option): boolean => argument !== undefined || name === 'h'
const takesFiles = ({ operands }: Definition): boolean => operands === FILES

/** For bash 4 and later; complete in itself, with bash-completion or without. */
export function bashCompletion(tools: readonly Definition[]): string {
  const cases = tools.flatMap((tool) => [
    `    ${tool.name})`,
    `      options='${optionsOf(tool)
      .map(([name]) => `-${name}`)
      .join(' ')}'`,
    `      operands=${takesFiles(tool) ? 'files' : 'nothing'}`,
    '      case $previous in',
    ...optionsOf(tool)
      .filter(([name, option]) => takesValue(name, option))
      .map(([name, option]) => {
        const values = valuesOf(name, option)
        return `        -${name} | --${name}) values='${typeof values === 'string' ? values : `words ${values.join(' ')}`}' ;;`
      }),
    '      esac',
    '      ;;'
  ])
  return `${HEAD}
# shellcheck shell=bash disable=SC2207
_flow_tools() {
  local current=\${COMP_WORDS[COMP_CWORD]} previous=\${COMP_WORDS[COMP_CWORD - 1]} options='' operands=nothing values=''
  case \${1##*/} in
${cases.join('\n')}
  esac
  if [[ -z $values && $current == -* ]]; then
    COMPREPLY=($(compgen -W "$options" -- "$current"))
    return
  fi
  case \${values:-$operands} in
    files)
      compopt -o filenames 2>/dev/null
      COMPREPLY=($(compgen -f -- "$current"))
      ;;
    fields)
      local head=''
      [[ $current == *,* ]] && head=\${current%,*},
      compopt -o nospace 2>/dev/null
      COMPREPLY=($(compgen -P "$head" -W '${FIELDS}' -- "\${current##*,}"))
      ;;
    words*) COMPREPLY=($(compgen -W "\${values#words }" -- "$current")) ;;
    *) COMPREPLY=() ;;
  esac
}
complete -F _flow_tools ${tools.map(({ name }) => name).join(' ')}
`
}

/** For zsh: a file named _flow-tools in a folder of $fpath. */
export function zshCompletion(tools: readonly Definition[]): string {
  const quoted = (text: string): string => text.replace(/[[\]:\\]/g, '\\$&').replaceAll("'", "'\\''")
  const spec = ([name, option]: [string, Option]): string => {
    const start = `'${option.isInput === true ? '*' : ''}-${name}[${quoted(option.help)}]`
    if (!takesValue(name, option)) return `${start}'`
    const values = valuesOf(name, option)
    const action =
      values === 'files' ? '_files' : values === 'fields' ? '_flow_fields' : values === 'nothing' ? ' ' : `(${values.join(' ')})`
    return `${start}:${option.argument ?? 'how much'}:${action}'`
  }
  const cases = tools.flatMap((tool) => [
    `    ${tool.name})`,
    '      _arguments \\',
    [...optionsOf(tool).map(spec), takesFiles(tool) ? "'*:file:_files'" : "'*: : '"].map((line) => `        ${line}`).join(' \\\n'),
    '      ;;'
  ])
  return `#compdef ${tools.map(({ name }) => name).join(' ')}
${HEAD}
_flow_fields() {
  _sequence compadd - ${FIELDS}
}
_flow_tools() {
  case $service in
${cases.join('\n')}
  esac
}
_flow_tools "$@"
`
}

/** For fish: a file in ~/.config/fish/completions under any name, sourced, or one for each tool. */
export function fishCompletion(tools: readonly Definition[]): string {
  const quoted = (text: string): string => `'${text.replace(/[\\']/g, '\\$&')}'`
  const line = (tool: string, [name, option]: [string, Option]): string => {
    const start = `complete -c ${tool} -o ${name} -d ${quoted(option.help)}`
    if (!takesValue(name, option)) return start
    const values = valuesOf(name, option)
    if (values === 'files') return `${start} -r -F`
    if (values === 'nothing') return `${start} -x`
    return `${start} -x -a ${values === 'fields' ? '"(__flow_fields)"' : quoted(values.join(' '))}`
  }
  return `${HEAD}
function __flow_fields
  set -l head (string match -r '^.*,' -- (commandline -ct))
  for field in ${FIELDS}
    echo "$head$field"
  end
end
${tools
  .flatMap((tool) => [
    ...(takesFiles(tool) ? [] : [`complete -c ${tool.name} -f`]),
    ...optionsOf(tool).map((option) => line(tool.name, option))
  ])
  .join('\n')}
`
}
