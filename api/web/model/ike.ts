import type { Ike, IkeClass } from '../view.ts'

/**
 * Energy intensity classes (IKE), kWh per m2 and month: Permen ESDM 13/2012. Test vector: Makassar city hall, 63,661
 * kWh in a month on 5,119 m2 is 12.44, efficient.
 */
export const IKE_LIMITS = {
  airConditioned: [8.5, 14, 18.5],
  natural: [3.4, 5.6, 7.4],
} as const satisfies Record<string, readonly [number, number, number]>

/** Days that stand for a month, and the share of them that must be measured before a class is named. */
export const IKE_DAYS = 30
const MINIMUM_SHARE = 0.8
const DAYS_A_MONTH = 365.25 / 12

const CLASSES: readonly IkeClass[] = ['veryEfficient', 'efficient', 'fair']

/** The class of an intensity; a limit belongs to the class above it. */
export const ikeClassOf = (value: number, limits: readonly [number, number, number]): IkeClass =>
  CLASSES[limits.findIndex((limit) => value < limit)] ?? 'wasteful'

/**
 * IKE from the energy (kWh) of the last full local days and the share of that time that was measured; missing time
 * is scaled by what was measured. Null when too little is known.
 */
export const ikeOf = (input: {
  kwh: number
  measuredDays: number
  areaSquareMetres: number
  airConditioned: boolean
}): Ike | null => {
  const measuredShare = input.measuredDays / IKE_DAYS
  if (measuredShare < MINIMUM_SHARE || input.areaSquareMetres <= 0) return null
  const limits = input.airConditioned ? IKE_LIMITS.airConditioned : IKE_LIMITS.natural
  const value = ((input.kwh / input.measuredDays) * DAYS_A_MONTH) / input.areaSquareMetres
  return {
    value,
    class: ikeClassOf(value, limits),
    limits,
    measuredShare,
    airConditioned: input.airConditioned,
  }
}
