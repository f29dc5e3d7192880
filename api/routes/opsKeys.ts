import type { OpenAPIHono } from '@hono/zod-openapi'
import type { Context } from 'hono'
import { html } from 'hono/html'
import { addKey, revokeKey } from '../accounts.ts'
import type { ApiContext } from '../context.ts'
import { createRouter, type ApiEnv } from '../env.ts'
import { roleFields, roleTextOf, roleWords } from '../staff/adminForms.ts'
import { adminPage } from '../staff/adminPage.ts'
import { ADMIN_TEXTS } from '../staff/adminTexts.ts'
import { EMPTY_FORM, fieldOf, formError, type FormState, secretNote } from '../staff/formState.ts'
import { readForm } from '../staff/forms.ts'
import { staffOnly } from '../staff/guard.ts'
import { actButton, rowsTable } from '../staff/rows.ts'
import { keyName } from './adminKeys.ts'
import { roleOfKey } from './adminRoles.ts'
import { timeFormat } from '../staff/timeFormat.ts'

const PATH = '/ops/keys'
const ROLES = ['scientist', 'operator', 'citizen', 'administrator', 'agency'] as const

/** `/ops/keys`: where administrators make keys of machines and revoke them, by forms without scripts. */
export const opsKeyRoutes = (context: ApiContext): OpenAPIHono<ApiEnv> => {
  const router = createRouter()
  router.use(PATH, staffOnly(PATH))
  router.use(`${PATH}/*`, staffOnly(PATH))

  router.get(PATH, (c) => c.html(keysPage(c, context, EMPTY_FORM)))

  router.post(PATH, async (c) => {
    const values = await readForm(c, ['name', 'role', 'agency'])
    const { wrong } = ADMIN_TEXTS[c.get('language')]
    const name = keyName.safeParse(values.name)
    const role = roleOfKey.safeParse(roleTextOf(values))
    if (!name.success || !role.success) {
      const errors = {
        ...(!name.success && { name: wrong['/keyName'] }),
        ...(!role.success && { role: wrong['/role'] }),
      }
      return c.html(keysPage(c, context, { values, errors }), 400)
    }
    const { key } = addKey(context, c.get('principal'), { role: role.data, name: name.data })
    return c.html(keysPage(c, context, EMPTY_FORM, key), 201)
  })

  router.post(`${PATH}/:id/revoke`, async (c) => {
    await readForm(c, [])
    revokeKey(context, c.get('principal'), c.req.param('id'))
    return c.redirect(PATH, 303)
  })
  return router
}

const keysPage = (c: Context<ApiEnv>, { catalogue, city }: ApiContext, state: FormState, key?: string) => {
  const text = ADMIN_TEXTS[c.get('language')]
  const day = timeFormat(c.get('language'), city.timeZone)
  const rows = catalogue.keys
    .list()
    .map(({ id, name, role, createdMs, revokedMs }) => [
      html`${name}<br /><code class="quiet">${id}</code>`,
      roleWords(text, role),
      day.format(createdMs),
      revokedMs === null ? text.active : `${text.revoked}, ${day.format(revokedMs)}`,
      revokedMs === null ? actButton(`${PATH}/${id}/revoke`, text.revoke, `${name} ${id}`) : '',
    ])
  return adminPage(c, {
    page: 'keys',
    lead: text.keysLead,
    body: html`${key === undefined ? '' : secretNote(text.shownOnce, [[text.keys, key]])}
      ${formError(state, text.cannot)}
      ${rows.length === 0 ? html`<p>${text.noKeys}</p>` : rowsTable(text.keys, [text.name, text.role, text.created, text.state, text.action], rows)}
      <section>
        <h2>${text.addKey}</h2>
        <form class="staff-form" method="post" action="${PATH}">
          ${fieldOf(state, 'name', text.name, { required: true })} ${roleFields(state, text, ROLES)}
          <div><button type="submit">${text.addKey}</button></div>
        </form>
      </section>`,
  })
}
