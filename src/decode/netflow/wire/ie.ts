import { elementNumbers } from '../../../schema/elements.js'

/** Information elements by the names that IANA's registry gives them. */
export const IE = elementNumbers()
