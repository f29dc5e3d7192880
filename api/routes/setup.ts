import type { OpenAPIHono } from '@hono/zod-openapi'
import type { Context } from 'hono'
import { html } from 'hono/html'
import { NadiError } from '../../city/errors.ts'
import type { ApiContext } from '../context.ts'
import { createRouter, type ApiEnv } from '../env.ts'
import { openSession } from '../session.ts'
import { nameField, passwordField } from '../staff/fields.ts'
import { readForm } from '../staff/forms.ts'
import { staffPage } from '../staff/page.ts'
import { TEXTS } from '../staff/texts.ts'

/** `/setup/{token}`: the first administrator chooses name and password, once. */
export const setupRoutes = (context: ApiContext): OpenAPIHono<ApiEnv> => {
  const router = createRouter()
  /** While an account is being made, the link is in use; it is free again when that fails. */
  let claimed = false
  const isValid = (token: string): boolean => !claimed && (context.setupToken?.check(token) ?? false)

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
    // Another may have come first while this form was read.
    if (!isValid(token)) return c.html(gonePage(c), 404)
    claimed = true
    try {
      await context.catalogue.users.add(form.name, 'administrator', form.password, () => {
        context.catalogue.audit.record({
          actor: { kind: 'anonymous', id: 'setup link' },
          action: 'setup',
          subject: form.name,
          detail: { role: 'administrator' },
        })
      })
      context.setupToken?.consume()
    } catch (error) {
      if (!(error instanceof NadiError) || (error.code !== 'invalid-input' && error.code !== 'conflict'))
        throw error
      return c.html(setupPage(c, { token, name: form.name, error: error.message }), 400)
    } finally {
      claimed = false
    }
    // The entry that made the account tells of this session, too.
    openSession(c, context, form.name, () => undefined)
    return c.redirect('/ops', 303)
  })
  return router
}

const setupPage = (c: Context<ApiEnv>, state: { token: string; name?: string; error?: string }) => {
  const text = TEXTS[c.get('language')]
  const path = `/setup/${encodeURIComponent(state.token)}`
  // The address is a secret: no other page may learn it.
  c.header('Referrer-Policy', 'no-referrer')
  return staffPage(c, {
    title: text.setup,
    path,
    body: html`<p>${text.setupLead}</p>
      <form class="staff-form" method="post" action="${path}">
        ${state.error ? html`<p class="staff-error" role="alert">${state.error}</p>` : ''}
        ${nameField(text, state.name)} ${passwordField('password', text.password, 'new')}
        ${passwordField('again', text.passwordAgain, 'new')}
        <div><button type="submit">${text.setupSubmit}</button></div>
      </form>`,
  })
}

const gonePage = (c: Context<ApiEnv>) => {
  const text = TEXTS[c.get('language')]
  return staffPage(c, {
    title: text.setup,
    path: '/login',
    body: html`<p>${text.setupGone}</p>
      <p><a href="/login">${text.login}</a></p>`,
  })
}
