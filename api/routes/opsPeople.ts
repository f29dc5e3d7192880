import type { OpenAPIHono } from '@hono/zod-openapi'
import type { Context } from 'hono'
import { html } from 'hono/html'
import { addPerson, changeRole, removePerson } from '../accounts.ts'
import type { ApiContext } from '../context.ts'
import { createRouter, type ApiEnv } from '../env.ts'
import { roleFields, roleTextOf, roleWords, wrongFields } from '../staff/adminForms.ts'
import { ADMIN_TEXTS, type AdminTexts } from '../staff/adminTexts.ts'
import { adminPage } from '../staff/adminPage.ts'
import { EMPTY_FORM, fieldOf, formError, type FormState, secretNote } from '../staff/formState.ts'
import { readForm } from '../staff/forms.ts'
import { staffOnly } from '../staff/guard.ts'
import { actButton, rowsTable } from '../staff/rows.ts'
import { roleOfPerson } from './adminRoles.ts'
import { timeFormat } from '../staff/timeFormat.ts'

const PATH = '/ops/people'
const ROLES = ['operator', 'scientist', 'administrator', 'agency'] as const

/** `/ops/people`: where administrators add accounts, change their role and remove them, by forms without scripts. */
export const opsPeopleRoutes = (context: ApiContext): OpenAPIHono<ApiEnv> => {
  const router = createRouter()
  router.use(PATH, staffOnly(PATH))
  router.use(`${PATH}/*`, staffOnly(PATH))
  const page = (c: Context<ApiEnv>, state = EMPTY_FORM, secret?: { name: string; password: string }) =>
    peoplePage(c, context, state, secret)

  router.get(PATH, (c) => c.html(page(c)))

  router.post(PATH, async (c) => {
    const form = await readForm(c, ['name', 'role', 'agency', 'password'])
    const text = ADMIN_TEXTS[c.get('language')]
    const { password: _, ...values } = form
    const role = roleOfPerson.safeParse(roleTextOf(form))
    if (!role.success) return c.html(page(c, { values, errors: { role: text.wrong['/role'] } }), 400)
    try {
      const password = form.password === '' ? undefined : form.password
      const made = await addPerson(context, c.get('principal'), {
        name: form.name,
        role: role.data,
        password,
      })
      if (made === undefined) return c.redirect(PATH, 303)
      return c.html(page(c, EMPTY_FORM, { name: form.name, password: made }), 201)
    } catch (error) {
      const errors = wrongFields(error, text.wrong, { name: text.taken(form.name) })
      return c.html(page(c, { values, errors }), 400)
    }
  })

  router.post(`${PATH}/:name/role`, async (c) => {
    const { role } = await readForm(c, ['role'])
    const text = ADMIN_TEXTS[c.get('language')]
    const name = c.req.param('name')
    const chosen = roleOfPerson.safeParse(role)
    if (!chosen.success) return c.html(page(c, { values: {}, errors: { form: text.wrong['/role'] } }), 400)
    try {
      changeRole(context, c.get('principal'), name, chosen.data)
      return c.redirect(PATH, 303)
    } catch (error) {
      return c.html(page(c, refused(error, text, name)), 409)
    }
  })

  router.post(`${PATH}/:name/remove`, async (c) => {
    await readForm(c, [])
    const name = c.req.param('name')
    try {
      removePerson(context, c.get('principal'), name)
      return c.redirect(PATH, 303)
    } catch (error) {
      return c.html(page(c, refused(error, ADMIN_TEXTS[c.get('language')], name)), 409)
    }
  })
  return router
}

const refused = (error: unknown, text: AdminTexts, name: string): FormState => ({
  values: {},
  errors: wrongFields(error, text.wrong, { form: text.lastAdministrator(name) }),
})

const peoplePage = (
  c: Context<ApiEnv>,
  { catalogue, city }: ApiContext,
  state: FormState,
  secret: { name: string; password: string } | undefined,
) => {
  const text = ADMIN_TEXTS[c.get('language')]
  const day = timeFormat(c.get('language'), city.timeZone)
  const rows = catalogue.users
    .list()
    .map(({ name, role, createdMs }) => [
      name,
      roleWords(text, role),
      day.format(createdMs),
      html`${roleForm(text, name, role)}
      ${actButton(`${PATH}/${encodeURIComponent(name)}/remove`, text.removePerson, name)}`,
    ])
  return adminPage(c, {
    page: 'people',
    lead: text.peopleLead,
    body: html`${
        secret
          ? secretNote(text.shownOnce, [
              [text.name, secret.name],
              [text.password, secret.password],
            ])
          : ''
      }
      ${formError(state, text.cannot)}
      ${rows.length === 0 ? html`<p>${text.noPeople}</p>` : rowsTable(text.people, [text.name, text.role, text.created, text.action], rows)}
      <section>
        <h2>${text.addPerson}</h2>
        <form class="staff-form" method="post" action="${PATH}">
          ${fieldOf(state, 'name', text.name, { required: true })} ${roleFields(state, text, ROLES)}
          ${fieldOf(state, 'password', text.password, {
            type: 'password',
            hint: text.passwordHint,
            autocomplete: 'new-password',
          })}
          <div><button type="submit">${text.addPerson}</button></div>
        </form>
      </section>`,
  })
}

/** The other roles that this account may get; an agency's keeps its code. */
const roleForm = (text: AdminTexts, name: string, role: string) => {
  const choices = [...new Set([role, 'operator', 'scientist', 'administrator'])]
  return html`<form method="post" action="${PATH}/${encodeURIComponent(name)}/role">
    <select name="role" aria-label="${text.role}: ${name}">
      ${choices.map(
        (choice) =>
          html`<option value="${choice}" ${choice === role ? html` selected` : ''}>
            ${roleWords(text, choice)}
          </option>`,
      )}
    </select>
    <button class="plain" type="submit" aria-label="${text.changeRole}: ${name}">${text.changeRole}</button>
  </form>`
}
