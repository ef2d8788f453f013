/** The plans of NetFlow v1, v5 and v7. */
import { lazy } from '../../../flow/lazy.js'
import { LEGACY_LAYOUTS, type LegacyLayout } from '../wire/legacy.js'
import { compilePlan } from './compile.js'
import type { Plan } from './plan.js'

const plans = new Map(LEGACY_LAYOUTS.map((layout) => [layout, lazy(() => compilePlan(layout.template, { icmpInPort: true }))]))

/** The plan of a layout of LEGACY_LAYOUTS. */
export const planOfLayout = (layout: LegacyLayout): Plan => plans.get(layout)!()
