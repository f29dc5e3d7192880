import type { OpenAPIHono } from '@hono/zod-openapi'
import type { Context } from 'hono'
import { html } from 'hono/html'
import type { ApiContext } from '../context.ts'
import { addDevice, isKnownBuilding, refuseMistyped, revokeDevice, rotatePassword } from '../deviceActs.ts'
import { createRouter, type ApiEnv } from '../env.ts'
import { wrongFields } from '../staff/adminForms.ts'
import { adminPage } from '../staff/adminPage.ts'
import { ADMIN_TEXTS, type AdminTexts } from '../staff/adminTexts.ts'
import { EMPTY_FORM, fieldOf, formError, type FormState, secretNote } from '../staff/formState.ts'
import { readForm } from '../staff/forms.ts'
import { staffOnly } from '../staff/guard.ts'
import { actButton, rowsTable } from '../staff/rows.ts'
import { TEXTS } from '../staff/texts.ts'
import { timeFormat } from '../staff/timeFormat.ts'

const PATH = '/ops/devices'
/** How long the password before stays valid, so that a device can be given the new one in peace. */
const GRACE_SECONDS = 3600

/** `/ops/devices`: where administrators add devices, replace their password and revoke them, without scripts. */
export const opsDeviceRoutes = (context: ApiContext): OpenAPIHono<ApiEnv> => {
  const router = createRouter()
  router.use(PATH, staffOnly(PATH))
  router.use(`${PATH}/*`, staffOnly(PATH))
  const page = (c: Context<ApiEnv>, state = EMPTY_FORM, secret?: { id: string; password: string }) =>
    devicesPage(c, context, state, secret)

  router.get(PATH, (c) => c.html(page(c)))

  router.post(PATH, async (c) => {
    const values = await readForm(c, ['id', 'building', 'newBuilding', 'gateway'])
    const text = ADMIN_TEXTS[c.get('language')]
    const { id, building } = values
    try {
      if (!isKnownBuilding(context, building) && values.newBuilding === '') refuseMistyped(context, building)
      const gateway = values.gateway === '' ? undefined : values.gateway
      const password = addDevice(context, c.get('principal'), { id, building, gateway }) ?? ''
      return c.html(page(c, EMPTY_FORM, { id, password }), 201)
    } catch (error) {
      const errors = wrongFields(error, text.wrong, { id: text.taken(id) })
      return c.html(page(c, { values, errors }), 400)
    }
  })

  router.post(`${PATH}/:id/password`, async (c) => {
    await readForm(c, [])
    const id = c.req.param('id')
    try {
      const password = rotatePassword(context, c.get('principal'), id, GRACE_SECONDS)
      return c.html(page(c, EMPTY_FORM, { id, password }), 201)
    } catch (error) {
      return c.html(page(c, { values: {}, errors: { form: whyNot(context, c, error, id) } }), 409)
    }
  })

  router.post(`${PATH}/:id/revoke`, async (c) => {
    await readForm(c, [])
    revokeDevice(context, c.get('principal'), c.req.param('id'))
    return c.redirect(PATH, 303)
  })
  return router
}

const whyNot = ({ catalogue }: ApiContext, c: Context<ApiEnv>, error: unknown, id: string): string => {
  const text = ADMIN_TEXTS[c.get('language')]
  const revoked = (catalogue.devices.find(id)?.revokedMs ?? null) !== null
  return (
    wrongFields(error, text.wrong, { form: (revoked ? text.isRevoked : text.byCertificate)(id) })['form'] ??
    ''
  )
}

const devicesPage = (
  c: Context<ApiEnv>,
  context: ApiContext,
  state: FormState,
  secret: { id: string; password: string } | undefined,
) => {
  const text = ADMIN_TEXTS[c.get('language')]
  const rows = deviceRows(c, context, text)
  return adminPage(c, {
    page: 'devices',
    lead: text.devicesLead,
    body: html`${
        secret
          ? secretNote(text.shownOnce, [
              [text.device, secret.id],
              [text.password, secret.password],
              ['MQTT', context.addresses().mqtt],
            ])
          : ''
      }
      ${formError(state, text.cannot)}
      ${rows.length === 0 ? html`<p>${text.noDevices}</p>` : rowsTable(text.devices, [text.device, text.building, text.state, text.lastSeen, text.action], rows)}
      <p class="quiet">${text.rotate}: ${text.graceHint}</p>
      <section>
        <h2>${text.addDevice}</h2>
        <form class="staff-form" method="post" action="${PATH}">
          ${fieldOf(state, 'id', text.device, { required: true })}
          ${fieldOf(state, 'building', text.building, { required: true, hint: knownBuildings(context) })}
          <div class="staff-check">
            <input
              id="newBuilding"
              name="newBuilding"
              type="checkbox"
              value="yes"
              ${state.values['newBuilding'] ? html` checked` : ''}
            />
            <label for="newBuilding">${text.newBuilding}</label>
          </div>
          ${fieldOf(state, 'gateway', text.gateway, { hint: text.gatewayHint })}
          <div><button type="submit">${text.addDevice}</button></div>
        </form>
      </section>`,
  })
}

const NAMED_BUILDINGS = 12

const knownBuildings = ({ city }: ApiContext): string =>
  city.buildings
    .slice(0, NAMED_BUILDINGS)
    .map(({ id }) => id)
    .join(', ')

const deviceRows = (c: Context<ApiEnv>, { catalogue, city }: ApiContext, text: AdminTexts) => {
  const states = TEXTS[c.get('language')]
  const time = timeFormat(c.get('language'), city.timeZone, 'short')
  return catalogue.devices
    .list()
    .map(({ id, building, status, revokedMs, lastSeenMs }) => [
      id,
      building,
      revokedMs === null ? states[status] : text.revoked,
      lastSeenMs === null ? '–' : time.format(lastSeenMs),
      revokedMs === null
        ? html`${actButton(`${PATH}/${encodeURIComponent(id)}/password`, text.rotate, id)}
          ${actButton(`${PATH}/${encodeURIComponent(id)}/revoke`, text.revoke, id)}`
        : '',
    ])
}
