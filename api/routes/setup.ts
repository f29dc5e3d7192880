import type { OpenAPIHono } from '@hono/zod-openapi'
import type { Context } from 'hono'
import { html } from 'hono/html'
import { NadiError } from '../../city/errors.ts'
import type { ApiContext } from '../context.ts'
import { createRouter, type ApiEnv } from '../env.ts'
import { openSession } from '../session.ts'
import { layout } from '../web/layout.ts'
import { readForm } from './forms.ts'
import { TEXTS } from './texts.ts'

/** `/setup/{token}`: the first administrator chooses name and password, once. */
export const setupRoutes = (context: ApiContext): OpenAPIHono<ApiEnv> => {
  const router = createRouter()
  const isValid = (token: string): boolean => context.setupToken?.check(token) ?? false

  router.get('/setup/:token', (c) => {
    const token = c.req.param('token')
    return isValid(token) ? c.html(setupPage(c, { token })) : c.html(gonePage(c), 404)
  })
  router.post('/setup/:token', async (c) => {
    const token = c.req.param('token')
    if (!isValid(token)) return c.html(gonePage(c), 404)
    const form = await readForm(c, ['name', 'password', 'again'])
    const text = TEXTS[c.get('language')]
    if (form.password !== form.again)
      return c.html(setupPage(c, { token, name: form.name, error: text.passwordsDiffer }), 400)
    try {
      await context.catalogue.users.add(form.name, 'administrator', form.password)
    } catch (error) {
      if (!(error instanceof NadiError) || (error.code !== 'invalid-input' && error.code !== 'conflict'))
        throw error
      return c.html(setupPage(c, { token, name: form.name, error: error.message }), 400)
    }
    context.setupToken?.consume()
    openSession(c, context, form.name)
    return c.redirect('/ops', 303)
  })
  return router
}

const setupPage = (c: Context<ApiEnv>, state: { token: string; name?: string; error?: string }) => {
  const language = c.get('language')
  const text = TEXTS[language]
  const path = `/setup/${encodeURIComponent(state.token)}`
  c.header('Cache-Control', 'no-store')
  // The address is a secret: no other page may learn it.
  c.header('Referrer-Policy', 'no-referrer')
  return layout({
    title: text.setup,
    language,
    path,
    body: html`<div class="wrap form-page">
      <h1>${text.setup}</h1>
      <p>${text.setupLead}</p>
      <form method="post" action="${path}">
        ${state.error ? html`<p class="error" role="alert">${state.error}</p>` : ''}
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
            autocomplete="new-password"
            required
            minlength="10"
            maxlength="1000"
          />
        </p>
        <p>
          <label for="again">${text.passwordAgain}</label>
          <input
            id="again"
            name="again"
            type="password"
            autocomplete="new-password"
            required
            minlength="10"
            maxlength="1000"
          />
        </p>
        <p><button type="submit">${text.setupSubmit}</button></p>
      </form>
    </div>`,
  })
}

const gonePage = (c: Context<ApiEnv>) => {
  const language = c.get('language')
  const text = TEXTS[language]
  return layout({
    title: text.setup,
    language,
    path: '/login',
    body: html`<div class="wrap form-page">
      <h1>${text.setup}</h1>
      <p>${text.setupGone}</p>
      <p><a href="/login">${text.login}</a></p>
    </div>`,
  })
}
