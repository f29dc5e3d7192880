import { z } from 'zod'
import { isThingPath } from './names.ts'

/**
 * The city file: what the administration says of its buildings. Parsed once by `readCityFile` (which adds line and
 * column to each error); from then on typed. Optional `simulation` blocks describe a demonstration building's physics.
 */
const segment = z.string().regex(/^[a-z0-9-]+$/, 'lower-case letters, digits and "-"')
const time = z.string().regex(/^([01]\d|2[0-3]):[0-5]\d$|^24:00$/, 'a time like "07:30"')
const text = z.object({ id: z.string().min(1), en: z.string().min(1) }).strict()
const position = z.tuple([z.number().min(-180).max(180), z.number().min(-90).max(90)])

/** The uses of a building that the page has words for. */
export const BUILDING_USES = [
  'ministry-office',
  'shared-office',
  'service-centre',
  'library',
  'clinic',
  'school',
  'housing',
  'data-centre',
  'other',
] as const

export const openingHours = z
  .object({
    days: z.array(z.enum(['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun'])).min(1),
    opens: time,
    closes: time,
  })
  .strict()

export const zoneSchema = z
  .object({
    /** Path below the building, `floor-2/zone-a`. */
    id: z.string().refine(isThingPath, 'a path of lower-case segments like "floor-2/zone-a"'),
    areaSquareMetres: z.number().positive(),
    capacityPeople: z.number().int().nonnegative(),
    brickClass: z.string().default('HVAC_Zone'),
  })
  .strict()

export const buildingSchema = z
  .object({
    id: segment,
    name: text,
    use: z.enum(BUILDING_USES),
    areaSquareMetres: z.number().positive(),
    capacityPeople: z.number().int().nonnegative(),
    /** Whether rooms are cooled: chooses the limits of the IKE classes. */
    airConditioned: z.boolean().default(true),
    /** GeoJSON (RFC 7946) footprint, WGS 84, outer ring counter-clockwise. */
    geometry: z
      .object({ type: z.literal('Polygon'), coordinates: z.array(z.array(position).min(4)).min(1) })
      .strict(),
    /** Empty: open day and night. */
    openingHours: z.array(openingHours).default([]),
    services: z.array(text).default([]),
    zones: z.array(zoneSchema).default([]),
    /** True: the readings are simulated, and everything shown says so. */
    demonstration: z.boolean().default(false),
  })
  .strict()

export const cityFileSchema = z
  .object({
    name: text,
    /** IANA zone, e.g. `Asia/Makassar`. */
    timeZone: z.string().refine(isTimeZone, 'an IANA time zone like "Asia/Makassar"'),
    tariffRupiahPerKwh: z.number().positive(),
    holidays: z.array(z.object({ date: z.iso.date(), name: text }).strict()).default([]),
    buildings: z.array(buildingSchema).min(1),
  })
  .strict()

export type CityFile = z.infer<typeof cityFileSchema>
export type Building = z.infer<typeof buildingSchema>
export type Zone = z.infer<typeof zoneSchema>
export type BuildingUse = (typeof BUILDING_USES)[number]

function isTimeZone(zone: string): boolean {
  try {
    new Intl.DateTimeFormat('en', { timeZone: zone })
    return true
  } catch {
    return false
  }
}
