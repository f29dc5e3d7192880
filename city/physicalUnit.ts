/**
 * Tells units of physics from those in which people can be counted or their time be kept. Built of what SenML
 * (RFC 8428, section 12.1, and RFC 8798) and UCUM write: atoms with prefixes, powers, `.` and `/`.
 */

/** Quantities that are no number of people: mass, length, heat, light, pressure, electricity, radiation, mixtures. */
const ATOM =
  /^(?:da|[kMGTPhdcmuµnp])?(?:g|t|m|l|L|A|K|cd|mol|Hz|N|Pa|bar|J|eV|W|Wh|VA|VAh|VAs|var|varh|vars|Ah|V|C|F|Ohm|S|T|H|lm|lx|Bq|Gy|Sv|dB|dBW|dBm|Bspl|pH|NTU|deg|rad|sr)$/

/** What has no such form. Ratios of one kind of thing to another (`%`, `1`) are not here: a share of a room is people. */
const WHOLE: ReadonlySet<string> = new Set([
  'Cel',
  '°C',
  'degC',
  '[degF]',
  '°F',
  'degF',
  '%RH',
  'ppm',
  'ppb',
  '[ppm]',
  '[ppb]',
  'm³',
  'ft³',
  '[cft_i]',
  'gal',
  '[gal_us]',
])

/** Alone or under one, as in `1/h`, these say how long or how often: somebody's stay, somebody's coming. */
const TIME: ReadonlySet<string> = new Set(['s', 'ms', 'min', 'h', 'd', 'a', 'wk', 'mo'])

/** True for a unit in which no people, stays or visits can be told: `ug/m3`, `L/s`, `W/m2`; false for all that is not known. */
export const isPhysicalUnit = (unit: string): boolean => {
  if (WHOLE.has(unit)) return true
  const atoms = unit
    .split(/[./*·]/)
    .map((part) => part.trim().replace(/\^?[-+]?\d+$|[²³]$/, ''))
    .filter((atom) => atom !== '' && !TIME.has(atom))
  return atoms.length > 0 && atoms.every((atom) => ATOM.test(atom) || WHOLE.has(atom))
}
