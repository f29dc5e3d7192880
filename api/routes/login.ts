import type { OpenAPIHono } from '@hono/zod-openapi'
import type { Context } from 'hono'
import { html } from 'hono/html'
import { RateLimiterMemory } from 'rate-limiter-flexible'
import { clientAddress } from '../clientAddress.ts'
import { consume } from '../clientRate.ts'
import type { ApiContext } from '../context.ts'
import { createRouter, type ApiEnv } from '../env.ts'
import { closeSession, openSession, safeNext } from '../session.ts'
import { nameField, passwordField } from '../staff/fields.ts'
import { readForm } from '../staff/forms.ts'
import { readStaffStyle, STAFF_STYLE, staffPage } from '../staff/page.ts'
import { TEXTS } from '../staff/texts.ts'

/** Wrong passwords in 15 minutes: for one name from one place, and from one place in all. */
const TRIES = { ofName: 10, ofAddress: 50, seconds: 900 }

/** Local accounts: `/login` and `/logout`, and the style that they share with the other pages for staff. */
export const loginRoutes = (context: ApiContext): OpenAPIHono<ApiEnv> => {
  const ofName = new RateLimiterMemory({ points: TRIES.ofName, duration: TRIES.seconds })
  const ofAddress = new RateLimiterMemory({ points: TRIES.ofAddress, duration: TRIES.seconds })
  const router = createRouter()
  const style = readStaffStyle()

  router.get(STAFF_STYLE, (c) =>
    c.body(style, 200, { 'content-type': 'text/css; charset=utf-8', 'cache-control': 'public, max-age=300' }),
  )
  router.get('/login', (c) => c.html(loginPage(c, { next: safeNext(c.req.query('next')) })))
  router.post('/login', async (c) => {
    const form = await readForm(c, ['name', 'password', 'next'])
    const next = safeNext(form.next)
    const address = clientAddress(c)
    const nameKey = `${address} ${form.name.toLowerCase()}`
    if ((await consume(ofAddress, address)) || (await consume(ofName, nameKey))) {
      c.header('Retry-After', String(TRIES.seconds))
      return c.html(loginPage(c, { next, name: form.name, error: 'loginTooOften' }), 429)
    }
    const user = await context.catalogue.users.authenticate(form.name, form.password)
    if (!user) {
      context.catalogue.audit.repeat({
        actor: { kind: 'anonymous', id: 'anonymous' },
        action: 'login.failed',
        // A name that is none may be a password in the wrong field.
        subject: accountNamed(context, form.name) ?? 'no account of that name',
      })
      return c.html(loginPage(c, { next, name: form.name, error: 'loginWrong' }), 401)
    }
    await Promise.all([ofName.reward(nameKey), ofAddress.reward(address)])
    openSession(c, context, user.name, () => {
      context.catalogue.audit.record({
        actor: { kind: 'person', id: user.name },
        action: 'login',
        subject: user.name,
        detail: { role: user.role },
      })
    })
    return c.redirect(next, 303)
  })
  router.post('/logout', (c) => {
    closeSession(c, context)
    return c.redirect('/', 303)
  })
  return router
}

const accountNamed = ({ catalogue }: ApiContext, name: string): string | undefined =>
  catalogue.users.list().find((user) => user.name.toLowerCase() === name.toLowerCase())?.name

const loginPage = (
  c: Context<ApiEnv>,
  state: { next: string; name?: string; error?: 'loginWrong' | 'loginTooOften' },
) => {
  const text = TEXTS[c.get('language')]
  return staffPage(c, {
    title: text.login,
    path: '/login',
    body: html`<p>${text.loginLead}</p>
      <form class="staff-form" method="post" action="/login">
        ${state.error ? html`<p class="staff-error" role="alert">${text[state.error]}</p>` : ''}
        <input type="hidden" name="next" value="${state.next}" />
        ${nameField(text, state.name)} ${passwordField('password', text.password, 'current')}
        <div><button type="submit">${text.login}</button></div>
      </form>`,
  })
}
