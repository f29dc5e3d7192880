import type { OpenAPIHono } from '@hono/zod-openapi'
import type { ApiContext } from '../context.ts'
import type { ApiEnv } from '../env.ts'
import { authorityRoutes } from './authority.ts'
import { bestTimeRoutes } from './bestTime.ts'
import { buildingRoutes } from './buildings.ts'
import { comfortRoutes } from './comfort.ts'
import { datastreamRoutes } from './datastreams.ts'
import { deviceCheckRoutes } from './deviceCheck.ts'
import { energyRoutes } from './energy.ts'
import { exportRoutes } from './export.ts'
import { forecastRoutes } from './forecasts.ts'
import { healthRoutes } from './health.ts'
import { erasureRoutes } from './erasures.ts'
import { labelRoutes } from './labels.ts'
import { loginRoutes } from './login.ts'
import { metricsRoutes } from './metrics.ts'
import { modelRoutes } from './models.ts'
import { noticeRoutes } from './notices.ts'
import { occupancyRoutes } from './occupancy.ts'
import { opsRoutes } from './ops.ts'
import { opsCitizensRoutes } from './opsCitizens.ts'
import { opsDeviceRoutes } from './opsDevices.ts'
import { opsKeyRoutes } from './opsKeys.ts'
import { opsPeopleRoutes } from './opsPeople.ts'
import { qualityRoutes } from './quality.ts'
import { reportRoutes } from './reports.ts'
import { seriesRoutes } from './series.ts'
import { setupRoutes } from './setup.ts'
import { sharedOfficeRoutes } from './sharedOffices.ts'
import { streamRoutes } from './stream.ts'
import { trainingRoutes } from './trainings.ts'
import { voteChangeRoutes } from './voteChanges.ts'
import { voteRoutes } from './votes.ts'

/** Every file of routes. A new one is one file, copied from `_blueprint.ts`, and one line here. */
export const ROUTES: readonly ((context: ApiContext) => OpenAPIHono<ApiEnv>)[] = [
  buildingRoutes,
  occupancyRoutes,
  bestTimeRoutes,
  comfortRoutes,
  energyRoutes,
  datastreamRoutes,
  seriesRoutes,
  exportRoutes,
  erasureRoutes,
  labelRoutes,
  qualityRoutes,
  forecastRoutes,
  modelRoutes,
  trainingRoutes,
  streamRoutes,
  sharedOfficeRoutes,
  voteRoutes,
  voteChangeRoutes,
  reportRoutes,
  noticeRoutes,
  deviceCheckRoutes,
  authorityRoutes,
  healthRoutes,
  metricsRoutes,
  loginRoutes,
  setupRoutes,
  opsRoutes,
  opsCitizensRoutes,
  opsPeopleRoutes,
  opsKeyRoutes,
  opsDeviceRoutes,
]
