/** Multiplies the rounds of fuzz, fault and property tests; 1 is what `npm test` runs. */
export const TEST_SCALE = Number(process.env['NADI_TEST_SCALE'] ?? 1)
