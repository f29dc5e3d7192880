import type { OpenAPIHono } from '@hono/zod-openapi'
import type { Context } from 'hono'
import { html } from 'hono/html'
import { RateLimiterMemory } from 'rate-limiter-flexible'
import { clientAddress } from '../clientAddress.ts'
import { consume } from '../clientRate.ts'
import type { ApiContext } from '../context.ts'
import { createRouter, type ApiEnv } from '../env.ts'
import { closeSession, openSession, safeNext } from '../session.ts'
import { layout } from '../web/layout.ts'
import { readForm } from './forms.ts'
import { TEXTS } from './texts.ts'

/** Wrong passwords in 15 minutes: for one name from one place, and from one place in all. */
const TRIES = { ofName: 10, ofAddress: 50, seconds: 900 }

/** Local accounts: `/login` and `/logout`. */
export const loginRoutes = (context: ApiContext): OpenAPIHono<ApiEnv> => {
  const ofName = new RateLimiterMemory({ points: TRIES.ofName, duration: TRIES.seconds })
  const ofAddress = new RateLimiterMemory({ points: TRIES.ofAddress, duration: TRIES.seconds })
  const router = createRouter()

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
    if (!user) return c.html(loginPage(c, { next, name: form.name, error: 'loginWrong' }), 401)
    await Promise.all([ofName.reward(nameKey), ofAddress.reward(address)])
    openSession(c, context, user.name)
    return c.redirect(next, 303)
  })
  router.post('/logout', (c) => {
    closeSession(c, context)
    return c.redirect('/', 303)
  })
  return router
}

const loginPage = (
  c: Context<ApiEnv>,
  state: { next: string; name?: string; error?: 'loginWrong' | 'loginTooOften' },
) => {
  const language = c.get('language')
  const text = TEXTS[language]
  c.header('Cache-Control', 'no-store')
  return layout({
    title: text.login,
    language,
    path: '/login',
    body: html`<div class="wrap form-page">
      <h1>${text.login}</h1>
      <p>${text.loginLead}</p>
      <form method="post" action="/login">
        ${state.error ? html`<p class="error" role="alert">${text[state.error]}</p>` : ''}
        <input type="hidden" name="next" value="${state.next}" />
        <p>
          <label for="name">${text.name}</label>
          <input
            id="name"
            name="name"
            autocomplete="username"
            required
            maxlength="64"
            value="${state.name ?? ''}"
          />
        </p>
        <p>
          <label for="password">${text.password}</label>
          <input
            id="password"
            name="password"
            type="password"
            autocomplete="current-password"
            required
            maxlength="1000"
          />
        </p>
        <p><button type="submit">${text.login}</button></p>
      </form>
    </div>`,
  })
}
