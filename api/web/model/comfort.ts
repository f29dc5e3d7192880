/**
 * Plain words for indoor climate. Temperature: Permenkes 48/2016 allows 23 to 26 degC in offices (the national
 * standard aims at 25 +- 1). CO2: up to 1,000 ppm is good practice (uncertain, secondary sources); 800 is where
 * fresh ends.
 */
export const COMFORT_CELSIUS = { low: 23, high: 26 } as const
export const CO2_PPM = { fresh: 800, good: 1000 } as const

export type Comfort = 'comfortable' | 'warm' | 'hot' | 'cool' | 'cold'
export type Air = 'fresh' | 'fair' | 'stuffy'

/** How a temperature feels to most, judged as it is shown (one decimal). */
export const comfortOf = (celsius: number): Comfort => {
  const shown = Math.round(celsius * 10) / 10
  if (shown < COMFORT_CELSIUS.low - 2) return 'cold'
  if (shown < COMFORT_CELSIUS.low) return 'cool'
  if (shown <= COMFORT_CELSIUS.high) return 'comfortable'
  return shown <= COMFORT_CELSIUS.high + 2 ? 'warm' : 'hot'
}

/** How the air is, by its CO2, judged as it is shown (whole ppm, tens). */
export const airOf = (ppm: number): Air => {
  const shown = Math.round(ppm / 10) * 10
  if (shown <= CO2_PPM.fresh) return 'fresh'
  return shown <= CO2_PPM.good ? 'fair' : 'stuffy'
}
