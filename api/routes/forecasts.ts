import { createRoute, type OpenAPIHono, z } from '@hono/zod-openapi'
import { accessOf, discloseQuantiles } from '../../city/disclosure.ts'
import { NadiError } from '../../city/errors.ts'
import { isSimulatedProperty } from '../../city/simulated.ts'
import { type ForecastHour, QUANTILES } from '../../store/forecasts.ts'
import { recordAccess } from '../audit.ts'
import { requireBuilding } from '../buildings.ts'
import type { ApiContext } from '../context.ts'
import { createRouter, type ApiEnv } from '../env.ts'
import { createReliabilityReader } from '../forecasts.ts'
import { DEMONSTRATION_NOTICE } from '../language.ts'
import { localTimeWriter } from '../localTime.ts'
import { PROBLEMS, buildingParams, demonstrationMark, localTime, query } from '../schemas.ts'

const interval = z
  .object({
    start: localTime,
    end: localTime,
    quantiles: z
      .record(z.string(), z.number().nullable())
      .openapi({ example: { '0.1': 12.5, '0.5': 15, '0.9': 18.2 } }),
  })
  .openapi('ForecastInterval', {
    description: 'Nine quantiles, "0.1" to "0.9". Of people rounded to ten, and null under 10.',
  })

const forecast = z
  .object({
    building: z.string(),
    property: z.enum(['energy', 'occupancy']),
    unit: z.string(),
    timezone: z.string(),
    issuedAt: localTime,
    model: z.object({ name: z.string(), version: z.string() }),
    context: z
      .object({
        hours: z.number().int().openapi({ description: 'Hours before the issue that the model reads' }),
        measured: z
          .number()
          .openapi({ description: 'Share of them that was measured, since the first hour that was' }),
        coldStart: z
          .boolean()
          .openapi({ description: 'True: the building has been measured for less than four weeks' }),
      })
      .nullable()
      .openapi({ description: 'What the forecast goes by; null for issues that did not keep it' }),
    ...demonstrationMark,
    items: z.array(interval).openapi({ description: 'Each hour ahead' }),
    days: z
      .array(interval)
      .openapi({ description: 'Totals of whole local days, each with an interval of its own' }),
    reliability: z
      .object({
        days: z.number().int(),
        daysInside: z.number().int(),
        coverage80: z.number().nullable(),
        nrmse: z.number().nullable(),
        forecasts: z.number().int(),
      })
      .openapi({
        description:
          'Of the last 30 days, by the issue made before each day began: days with a total and how many fell inside their 80 % interval; the share of hours inside theirs; error of the hourly medians in per cent of the mean; hours scored. Forecasts of people are made from, and compared with, what everybody is told of them.',
      }),
  })
  .openapi('Forecast')

const forecastRoute = createRoute({
  method: 'get',
  path: '/v1/buildings/{building}/forecasts',
  summary: 'The newest forecast of a building, and how right such forecasts were',
  request: {
    params: buildingParams,
    query: query({ property: z.enum(['energy', 'occupancy']) }),
  },
  responses: {
    200: {
      description: 'To the end of tomorrow at least',
      content: { 'application/json': { schema: forecast } },
    },
    ...PROBLEMS,
  },
})

const UNITS = { energy: 'kWh', occupancy: '1' } as const

/** Forecasts: what is expected, with its intervals. */
export const forecastRoutes = (context: ApiContext): OpenAPIHono<ApiEnv> => {
  const reliabilityOf = context.reliabilityOf ?? createReliabilityReader(context)
  return createRouter().openapi(forecastRoute, async (c) => {
    const { property } = c.req.valid('query')
    const view = requireBuilding(context, c.req.valid('param').building)
    const issue = context.forecasts.newest(view.id, property)
    if (!issue) {
      throw new NadiError(
        'not-found',
        `There is no forecast of ${property} for "${view.id}" yet. It comes once a week of it is measured.`,
      )
    }
    const path = `${view.id}/${property}`
    const demonstration = isSimulatedProperty(view.described, property)
    const datastream = context.catalogue.datastreams.find(path)
    const observed = datastream ?? { path, unit: UNITS[property], kind: 'instant' as const }
    const timezone = datastream?.timeZone ?? view.timeZone
    const write = localTimeWriter(timezone)
    const principal = c.get('principal')
    const access = accessOf(principal.role, observed)
    await recordAccess(context, principal, { action: 'access.forecast', subject: path }, [observed])
    const toItem = ({ startMs, endMs, quantiles }: ForecastHour) => ({
      start: write(startMs),
      end: write(endMs),
      quantiles: Object.fromEntries(
        discloseQuantiles(access, quantiles).map((value, i) => [String(QUANTILES[i]), value]),
      ),
    })
    return c.json(
      {
        building: view.id,
        property,
        unit: datastream?.unit ?? UNITS[property],
        timezone,
        issuedAt: write(issue.issuedAtMs),
        model: issue.model,
        context: issue.context ?? null,
        demonstration,
        ...(demonstration && { notice: DEMONSTRATION_NOTICE[c.get('language')] }),
        items: issue.hours.map(toItem),
        days: issue.days.map(toItem),
        reliability: await reliabilityOf(issue),
      },
      200,
    )
  })
}
