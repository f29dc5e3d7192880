import { Hono, type Context } from 'hono'
import { getCookie, setCookie } from 'hono/cookie'
import { NadiError } from '../../city/errors.ts'
import { HOUR_MS } from '../../city/partials.ts'
import { isPlainText, REPORT_CATEGORIES } from '../../city/reports.ts'
import { VOTE_CHOICES } from '../../city/votes.ts'
import type { ApiContext } from '../context.ts'
import type { ApiEnv } from '../env.ts'
import { createParticipation } from '../participation.ts'
import { readForm } from '../staff/forms.ts'
import { readReport } from './model/voice.ts'
import type { PageModel } from './model.ts'
import { missingReportPage } from './pages/missing.ts'
import { reportPage } from './pages/report.ts'
import type { ReportProblem, Visit } from './voiceView.ts'
import type { Html } from './layout.ts'

/** Says within the hour what this browser voted, to itself alone: the city keeps no such thing. */
const VOTE_COOKIE = 'nadi_vote'

/** What this browser voted within the hour. */
export const readVisit = (c: Context<ApiEnv>, nowMs: number): Visit => {
  const [, said, at] = /^(\w{4})\.(\d{13})$/.exec(getCookie(c, VOTE_COOKIE) ?? '') ?? []
  const choice = VOTE_CHOICES.find((known) => known === said)
  const againMs = Number(at) + HOUR_MS
  return choice && againMs > nowMs && againMs <= nowMs + HOUR_MS ? { vote: { choice, againMs } } : {}
}

/** Draws a building's page for a visit. */
type ShowBuilding = (
  c: Context<ApiEnv>,
  building: string,
  visit: Visit,
  status?: 400 | 429,
) => Promise<Response>

/** Votes and reports as forms of the building's page, and the private page of a report; all without a script. */
export const voiceRoutes = (
  context: ApiContext,
  model: PageModel,
  {
    showBuilding,
    show,
  }: {
    showBuilding: ShowBuilding
    show: (c: Context<ApiEnv>, body: Html, status: 200 | 404) => Promise<Response>
  },
): Hono<ApiEnv> => {
  const participation = context.participation ?? createParticipation(context)
  const app = new Hono<ApiEnv>()

  app.post('/buildings/:building/votes', async (c) => {
    const building = c.req.param('building')
    const form = await readForm(c, ['choice', 'zone'])
    const choice = VOTE_CHOICES.find((known) => known === form.choice)
    if (!choice) {
      throw new NadiError('invalid-input', 'A vote says cold, fine or warm. Use the buttons of the page.')
    }
    const nowMs = context.now()
    if (!readVisit(c, nowMs).vote) {
      try {
        await participation.vote(c, { building, zone: form.zone === '' ? undefined : form.zone, choice })
      } catch (error) {
        const againMs = limitedUntil(c, error, nowMs)
        return showBuilding(c, building, { voteRefused: { againMs } }, 429)
      }
      setCookie(c, VOTE_COOKIE, `${choice}.${nowMs}`, {
        path: `/buildings/${building}`,
        maxAge: HOUR_MS / 1000,
        httpOnly: true,
        sameSite: 'Lax',
        secure: new URL(c.req.url).protocol === 'https:',
      })
    }
    return c.redirect(`/buildings/${building}#suara`, 303)
  })

  app.post('/buildings/:building/reports', async (c) => {
    const building = c.req.param('building')
    const form = await readForm(c, ['category', 'zone', 'text'])
    const text = form.text.replaceAll('\r\n', '\n').trim()
    const category = REPORT_CATEGORIES.find((known) => known === form.category) ?? null
    const again = (problem: ReportProblem, status: 400 | 429) =>
      showBuilding(
        c,
        building,
        { ...readVisit(c, context.now()), report: { category, zone: form.zone, text, problem } },
        status,
      )
    if (text === '') return again('empty', 400)
    if (!isPlainText(text)) return again('long', 400)
    const zone = form.zone === '' ? undefined : form.zone
    try {
      const { token } = await participation.report(c, { building, zone, category: category ?? 'other', text })
      return c.redirect(`/reports/${token}`, 303)
    } catch (error) {
      if (!(error instanceof NadiError) || error.code !== 'rate-limited') throw error
      return again(c.res.headers.has('retry-after') ? 'often' : 'full', 429)
    }
  })

  app.get('/reports/:token', async (c) => {
    const language = c.get('language')
    c.header('X-Robots-Tag', 'noindex')
    try {
      const { origin, pathname } = new URL(c.req.url)
      const view = readReport(context, {
        token: c.req.param('token'),
        language,
        address: `${origin}${pathname}`,
      })
      return await show(c, reportPage(model.format(language, view.timeZone), view), 200)
    } catch (error) {
      if (!(error instanceof NadiError) || error.code !== 'not-found') throw error
      return await show(c, missingReportPage(model.format(language)), 404)
    }
  })
  return app
}

/** When the address may vote again, from the answer's `Retry-After`. Throws what is another error. */
const limitedUntil = (c: Context<ApiEnv>, error: unknown, nowMs: number): number => {
  if (!(error instanceof NadiError) || error.code !== 'rate-limited') throw error
  return nowMs + Number(c.res.headers.get('retry-after') ?? 60) * 1000
}
