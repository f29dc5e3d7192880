import { z } from 'zod'
import { isThingPath } from './names.ts'
import { PROPERTIES } from './properties.ts'

/**
 * The city file: what the administration says of its buildings. Parsed once by `readCityFile.ts` (which adds line and
 * column to each error, and the checks that concern more than one field); from then on typed. Each message says what
 * the field should be.
 */
const named = (what: string) => z.string(what)
const segment = named('lower-case letters, digits and "-"').regex(
  /^[a-z0-9-]+$/,
  'lower-case letters, digits and "-"',
)
const TIME = 'a time in quotes like "07:30"'
const time = named(TIME).regex(/^([01]\d|2[0-3]):[0-5]\d$|^24:00$/, TIME)
const WORDS = 'a text that is not empty'
const words = named(WORDS).trim().min(1, WORDS)
const text = z.object({ id: words, en: words }, 'a text in both languages, {id: ..., en: ...}').strict()
const POSITION = '[longitude, latitude] in degrees'
const position = z.tuple(
  [
    z.number(POSITION).min(-180, POSITION).max(180, POSITION),
    z.number(POSITION).min(-90, POSITION).max(90, POSITION),
  ],
  POSITION,
)
const PEOPLE = 'a whole number of people ≥ 0'
const people = z.number(PEOPLE).int(PEOPLE).nonnegative(PEOPLE)
const AREA = 'an area in square metres > 0'
const area = z.number(AREA).positive(AREA)
const truth = z.boolean('true or false')

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

export const WEEKDAYS = ['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun'] as const

const openingHours = z
  .object({
    days: z.array(z.enum(WEEKDAYS), 'a list of days like [mon, tue]').min(1, 'at least one day'),
    opens: time,
    closes: time,
  })
  .strict()

/** Properties that sensors of a building or zone measure. */
const sensors = z.array(
  z.string().refine((property) => Object.hasOwn(PROPERTIES, property), {
    error: `one of ${Object.keys(PROPERTIES).join(', ')}`,
  }),
  'a list of properties like [temperature, co2]',
)

const ZONE = 'a path of lower-case segments like "floor-2/zone-a"'
const zoneSchema = z
  .object({
    /** Path below the building, `floor-2/zone-a`. */
    id: named(ZONE).refine(isThingPath, ZONE),
    /** What people call it; where absent, votes and reports name it by its path. */
    name: text.optional(),
    areaSquareMetres: area,
    capacityPeople: people,
    brickClass: z.string().default('HVAC_Zone'),
    /** What is measured in it. Needed by simulated sensors; real ones say so themselves at birth. */
    sensors: sensors.optional(),
  })
  .strict()

export const buildingSchema = z
  .object({
    id: segment,
    name: text,
    use: z.enum(BUILDING_USES),
    areaSquareMetres: area,
    capacityPeople: people,
    /** Whether rooms are cooled: chooses the limits of the IKE classes. */
    airConditioned: truth.default(true),
    /** GeoJSON (RFC 7946) footprint, WGS 84, outer ring counter-clockwise, holes clockwise. */
    geometry: z
      .object(
        {
          type: z.literal('Polygon'),
          coordinates: z
            .array(z.array(position).min(4, 'a ring of at least 4 positions'))
            .min(1, 'at least the outer ring'),
        },
        'a GeoJSON polygon',
      )
      .strict(),
    /** Empty: open day and night. */
    openingHours: z.array(openingHours).default([]),
    /** True: opening hours hold on holidays too. */
    opensOnHolidays: truth.optional(),
    services: z.array(text).default([]),
    zones: z.array(zoneSchema).default([]),
    /** What is measured of the whole building, as `sensors` of a zone. */
    sensors: sensors.optional(),
    /** True: the readings of the sensors named here are simulated, and everything shown says so. */
    demonstration: truth.default(false),
  })
  .strict()

const RING = 'a closed ring of at least 4 positions'
const patch = z
  .object(
    {
      type: z.literal('Polygon'),
      coordinates: z
        .array(
          z
            .array(position)
            .refine((ring) => ring.length >= 4 && String(ring[0]) === String(ring.at(-1)), RING),
        )
        .min(1, 'at least the outer ring'),
    },
    'a GeoJSON polygon',
  )
  .strict()
const line = z
  .object(
    {
      type: z.literal('LineString'),
      coordinates: z.array(position).min(2, 'a line of at least 2 positions'),
    },
    'a GeoJSON line, {type: LineString, coordinates: [...]}',
  )
  .strict()

/** The land around the buildings, GeoJSON in WGS 84; what is left out is not drawn. Winding is of no matter here. */
const mapSchema = z
  .object(
    {
      water: z.array(patch).default([]),
      forest: z.array(patch).default([]),
      /** A contour that ends where it begins is closed. */
      contours: z.array(line).default([]),
      roads: z.array(line).default([]),
      /** Buildings that are not measured. */
      otherBuildings: z.array(patch).default([]),
    },
    'layers of a map: water, forest, contours, roads, otherBuildings',
  )
  .strict()

const DATE = 'a date like 2026-08-17'
const RUPIAH = 'a price in rupiah > 0'
const holidaySchema = z
  .object({
    date: z.iso.date(DATE),
    name: text,
    /** `joint-leave`: leave that the government takes together (cuti bersama). Default `national`. */
    kind: z.enum(['national', 'joint-leave']).optional(),
    /** True where no decree confirmed the date; whoever is shown it is told. */
    uncertain: truth.optional(),
  })
  .strict()

export const cityFileSchema = z
  .object(
    {
      name: text,
      /** IANA zone, e.g. `Asia/Makassar`. */
      timeZone: z.string().refine(isTimeZone, 'an IANA time zone like "Asia/Makassar"'),
      tariffRupiahPerKwh: z.number(RUPIAH).positive(RUPIAH),
      /** Which list of `holidays.ts` holds. Default `indonesia`. */
      nationalHolidays: z.enum(['indonesia', 'none']).optional(),
      /** Added to that list; of two with the same date, this one holds. */
      holidays: z.array(holidaySchema).default([]),
      map: mapSchema.optional(),
      buildings: z.array(buildingSchema, 'a list of buildings').min(1, 'at least one building'),
    },
    'a city file with name, timeZone, tariffRupiahPerKwh and buildings',
  )
  .strict()

export type CityFile = z.infer<typeof cityFileSchema>
export type Building = z.infer<typeof buildingSchema>
export type Zone = z.infer<typeof zoneSchema>
export type MapLayers = z.infer<typeof mapSchema>
export type Holiday = z.infer<typeof holidaySchema>
export type BuildingUse = (typeof BUILDING_USES)[number]
export type Weekday = (typeof WEEKDAYS)[number]

function isTimeZone(zone: string): boolean {
  try {
    return Intl.DateTimeFormat('en', { timeZone: zone }) !== undefined
  } catch {
    return false
  }
}
