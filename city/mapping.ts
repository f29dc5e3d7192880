import { z } from 'zod'
import { isTimeZone } from './mapping/wallClock.ts'
import { isThingPath } from './names.ts'

/**
 * How a table of readings becomes Datastreams: what a mapping file says, after `mapping/readMapping.ts` has parsed
 * it. One description serves both shapes. Wide: `columns` matches many value columns and `{column}` in the path is
 * the column's name. Long: `{office}` in the path is the row's cell of that column. Names of columns and cells are
 * turned into path segments as everywhere (`Bldg 7` -> `bldg-7`).
 */
const timeZone = z.string().refine(isTimeZone, 'an IANA time zone like "Europe/London", or UTC')
const columnName = z.string().min(1)
const kind = z.enum(['instant', 'interval', 'counter'])

const format = z
  .object({
    delimiter: z.enum([',', ';', '\t', '|'], 'one of "," ";" "\\t" "|"').default(','),
    quote: z.enum(['"', "'"]).default('"'),
    /** `short`: one name fewer than fields, as R writes a table; the first field is then named `row`. */
    header: z.enum(['present', 'absent', 'short']).default('present'),
    /** Names of the fields, in order: needed when there is no header, otherwise used instead of it. */
    columns: z.array(columnName).min(1).optional(),
    decimal: z.enum(['.', ',']).default('.'),
    /** Texts that mean "no reading", like an empty cell. */
    missing: z.array(z.string()).default([]),
  })
  .strict()

const time = z
  .object({
    /** Columns that make up the time, joined by a space. */
    columns: z.array(columnName).min(1),
    /** `iso`, `unix`, `unix-ms`, or a pattern of YYYY YY MM M DD D HH H hh h mm m ss s A, e.g. `MM/DD/YY HH:mm:ss`. */
    format: z.string().min(1).default('iso'),
    /** Zone of wall-clock times without an offset; when not given, each series' own time zone. */
    zone: timeZone.optional(),
  })
  .strict()

const values = z
  .object({
    /** Names or patterns (`*` is any text) of value columns; when not given, every column that is not a time. */
    columns: z.array(columnName).min(1).default(['*']),
    except: z.array(columnName).default([]),
    /** Path below `building`, or a whole path: `{column}/energy`, `{office}/{queue}/waiting`. */
    datastream: z.string().min(1),
    /** Unit of the file (SenML/UCUM or a common name); when not given, the property's own. */
    unit: z.string().min(1).optional(),
    kind: kind.optional(),
  })
  .strict()

export const mappingSchema = z
  .object({
    /** Where the data come from and under which licence; kept for the reader of the file. */
    source: z.string().optional(),
    format: format.prefault({}),
    time,
    building: z.string().refine(isThingPath, 'a path of lower-case segments like "estate"').optional(),
    /** Zone of the buildings; when not given, the city's. */
    timeZone: timeZone.optional(),
    /** Zones of some series, by a pattern over the column's name or the Datastream's path; the first match holds. */
    timeZones: z.record(z.string().min(1), timeZone).default({}),
    values: z.array(values).min(1),
  })
  .strict()
  .superRefine((mapping, context) => {
    if (mapping.format.header === 'absent' && !mapping.format.columns) {
      context.addIssue({
        code: 'custom',
        path: ['format', 'header'],
        message: 'a file without header needs format.columns, the names of its fields in order',
      })
    }
  })

export type Mapping = z.infer<typeof mappingSchema>
export type MappingValues = Mapping['values'][number]

/** True when `text` fits `pattern`, in which `*` stands for any text and everything else for itself. */
export const matchesPattern = (pattern: string, text: string): boolean =>
  new RegExp(
    `^${pattern
      .split('*')
      .map((part) => RegExp.escape(part))
      .join('.*')}$`,
    's',
  ).test(text)
