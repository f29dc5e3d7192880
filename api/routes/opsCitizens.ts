import type { OpenAPIHono } from '@hono/zod-openapi'
import type { Context } from 'hono'
import { NadiError } from '../../city/errors.ts'
import { buildingOf } from '../../city/names.ts'
import { REPORT_STATUSES, type Told } from '../../city/reports.ts'
import { countVotes, votePeriodOf } from '../../city/votes.ts'
import { actorOf } from '../audit.ts'
import { listBuildings } from '../buildings.ts'
import { addVoteChange, changeReport, removeVoteChange } from '../citizenAnswers.ts'
import type { ApiContext } from '../context.ts'
import { createRouter, type ApiEnv } from '../env.ts'
import { requirePlace } from '../participation.ts'
import { told } from '../schemas.ts'
import { citizensPage, type NamedPlace } from '../staff/citizens.ts'
import { readForm } from '../staff/forms.ts'
import { staffOnly } from '../staff/guard.ts'
import { staffPage } from '../staff/page.ts'
import { TEXTS } from '../staff/texts.ts'
import { zonesOf } from '../web/model/voice.ts'
import { day } from './voteChanges.ts'

const REPORTS_SHOWN = 100
const PATH = '/ops/citizens'

/** `/ops/citizens`: where operators answer reports and tell what votes changed, by forms that need no script. */
export const opsCitizensRoutes = (context: ApiContext): OpenAPIHono<ApiEnv> => {
  const { catalogue, city } = context
  const router = createRouter()
  const guard = staffOnly(PATH, 'operator')
  router.use(PATH, guard)
  router.use('/ops/reports/*', guard)
  router.use('/ops/changes/*', guard)

  router.get(PATH, async (c) => {
    const language = c.get('language')
    const places = placesOf(context, language)
    const today = Temporal.Instant.fromEpochMilliseconds(context.now())
      .toZonedDateTimeISO(city.timeZone)
      .toPlainDate()
    await catalogue.audit.access({
      actor: actorOf(c.get('principal')),
      action: 'access.votes',
      subject: 'all',
    })
    return c.html(
      staffPage(c, {
        title: TEXTS[language].citizens,
        path: PATH,
        body: citizensPage({
          language,
          timeZone: city.timeZone,
          places,
          reports: openFirst(context),
          votes: votesOfWeek(context, places, today),
          changes: catalogue.voteChanges.list({ limit: REPORTS_SHOWN }),
          today: today.toString(),
        }),
      }),
    )
  })

  router.post('/ops/reports/:id', async (c) => {
    const form = await readForm(c, ['status', 'id', 'en'])
    const status = REPORT_STATUSES.find((known) => known === form.status)
    if (!status) throw new NadiError('invalid-input', `A status is one of ${REPORT_STATUSES.join(', ')}.`)
    const id = numberOf(c)
    changeReport(context, c.get('principal'), id, { status, outcome: textOf(form) ?? {} })
    return c.redirect(`${PATH}#report-${id}`, 303)
  })

  router.post('/ops/changes', async (c) => {
    const { place, date, ...texts } = await readForm(c, ['place', 'date', 'id', 'en'])
    const building = buildingOf(place)
    const zone = place === building ? undefined : place.slice(building.length + 1)
    requirePlace(context, { building, zone })
    const text = textOf(texts)
    if (!text || !day.safeParse(date).success) {
      throw new NadiError('invalid-input', 'A change needs a date and a text. Go back and write both.')
    }
    addVoteChange(context, c.get('principal'), { building, zone: zone ?? null, day: date, text })
    return c.redirect(PATH, 303)
  })

  router.post('/ops/changes/:id/remove', async (c) => {
    await readForm(c, [])
    removeVoteChange(context, c.get('principal'), numberOf(c))
    return c.redirect(PATH, 303)
  })
  return router
}

/** Buildings, each followed by its parts. */
const placesOf = (context: ApiContext, language: 'id' | 'en'): NamedPlace[] =>
  listBuildings(context).flatMap((building) => [
    { path: building.id, name: building.name[language] },
    ...zonesOf(building, language).map(({ id, name }) => ({
      path: `${building.id}/${id}`,
      name: `${building.name[language]}: ${name}`,
    })),
  ])

/** Those that wait, the longest first; then the newest of the others. */
const openFirst = ({ catalogue }: ApiContext) => {
  const all = (['received', 'looking', 'done', 'declined'] as const).map((status) =>
    catalogue.reports.list({ status, limit: REPORTS_SHOWN }),
  )
  const [received = [], looking = [], ...closed] = all
  return [...received.toReversed(), ...looking.toReversed(), ...closed.flat()].slice(0, REPORTS_SHOWN)
}

/** Exact votes of this week, of each place that has some. */
const votesOfWeek = (context: ApiContext, places: readonly NamedPlace[], today: Temporal.PlainDate) => {
  const { catalogue, city } = context
  const range = votePeriodOf(today, 'week', city.timeZone)
  return places.flatMap(({ path, name }) => {
    const building = buildingOf(path)
    const zone = path.slice(building.length + 1)
    const hours = catalogue.votes.list(building, range)
    const counts = countVotes(zone === '' ? hours : hours.filter((hour) => hour.zone === zone))
    return counts.votes === 0 ? [] : [{ name, counts }]
  })
}

const numberOf = (c: Context): number => {
  const id = c.req.param('id') ?? ''
  if (!/^\d{1,9}$/.test(id))
    throw new NadiError('not-found', `There is nothing at this address. See ${PATH}.`)
  return Number(id)
}

/** The texts of a form; undefined when both are empty. Throws `invalid-input` for one that cannot be kept. */
const textOf = ({ id, en }: { id: string; en: string }): Told | undefined => {
  const given = { ...(id.trim() !== '' && { id }), ...(en.trim() !== '' && { en }) }
  if (Object.keys(given).length === 0) return undefined
  const { success, data } = told.safeParse(given)
  if (!success)
    throw new NadiError('invalid-input', 'A text has at most 2,000 bytes. Go back and shorten it.')
  return data
}
