/** The plans of NetFlow v1, v5 and v7. */
import { LEGACY_LAYOUTS, type LegacyLayout } from '../wire/legacy.js'
import { compilePlan } from './compile.js'
import type { Plan } from './plan.js'

const PLANS = new Map(LEGACY_LAYOUTS.map((layout) => [layout, compilePlan(layout.template, { icmpInPort: true })]))

export const planOfLayout = (layout: LegacyLayout): Plan => PLANS.get(layout)!
