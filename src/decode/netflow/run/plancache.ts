/**
 * Plans in use. Templates that are alike have one plan, whoever sent them: ten thousand routers of one kind are compiled once. It is bounded by
 * itself; what was not used longest is compiled again when data comes for it.
 */
import { join, leave, newQueue, type QueueNode, rejoin } from '../../queue.js'
import type { Plan } from '../compile/plan.js'
import { type Definition, openDefinition, type Template } from '../wire/template.js'

const MOST_BYTES = 64 << 20

/** The plan of a template that is none of options. */
export type PlanOf = (definition: Definition) => Plan

interface Known {
  readonly plan: Plan
  /** of the definition, by which it is found */
  readonly record: string
}

export function planCache(compile: (template: Template) => Plan): PlanOf {
  const plans = { 9: new Map<string, QueueNode<Known>>(), 10: new Map<string, QueueNode<Known>>() }
  const order = newQueue<Known>() // the one used last at the end
  let bytes = 0

  function forgetOldest(): void {
    const oldest = order.first!
    const { plan, record } = oldest.item
    leave(oldest)
    plans[plan.template.version].delete(record)
    bytes -= plan.memory
  }

  return (definition) => {
    const { version, record } = definition
    let node = plans[version].get(record)
    if (node === undefined) {
      node = join(order, { plan: compile(openDefinition(definition)), record })
      plans[version].set(record, node)
      bytes += node.item.plan.memory
      while (bytes > MOST_BYTES && order.size > 1) forgetOldest()
    } else rejoin(node)
    return node.item.plan
  }
}
