/** man/flow-fields.7, from the field table. */
import { flowMessage } from '../../src/flow/proto.js'
import { computedColumns, listedFields, type ListedField } from '../../src/mapping/fieldlist.js'

/** An mdoc list of fields. */
function list(fields: readonly ListedField[]): string {
  const items = fields.map(({ name, type, about }) => `.It Sy ${name} Pq ${type}\n${sentence(about)}`)
  return ['.Bl -tag -width Ds', ...items, '.El'].join('\n')
}

/** A line of text for roff, which takes a dot at the start and a backslash for its own. */
function sentence(text: string): string {
  const capital = text[0].toUpperCase() + text.slice(1)
  return `${capital.replaceAll('\\', '\\e').replace(/^[.']/, '\\&$&')}.`
}

export function fieldsPage(): string {
  return `.\\" Made by npm run fields from src/schema: a change here is lost.
.Dd November 29, 2026
.Dt FLOW-FIELDS 7
.Os
.Sh NAME
.Nm flow-fields
.Nd the fields of a flow
.Sh DESCRIPTION
These are the names that
.Xr flow-format 1 ,
.Xr flow-filter 1 ,
.Xr flow-agg 1 ,
.Xr flow-top 1
and
.Xr flow-kafka 1
know, in the order in which a line shows them.
.Ql flow-format -fields help
prints the list, with
.Fl mapping
the fields of your own behind it.
A field that is zero counts as not set.
.Sh FIELDS
${list(listedFields(flowMessage))}
.Sh COMPUTED COLUMNS
Columns that
.Xr flow-format 1
and expressions compute from fields:
${list(computedColumns())}
.Sh SEE ALSO
.Xr flow-agg 1 ,
.Xr flow-filter 1 ,
.Xr flow-format 1 ,
.Xr flow-pipeline 7
`
}
