/** How much more than usual tests of many random cases are to do: TEST_SCALE=20 npm test. */
export const SCALE = Number(process.env.TEST_SCALE ?? '1')
