import type { OpenAPIHono } from '@hono/zod-openapi'
import type { ApiContext } from '../context.ts'
import { createRouter, type ApiEnv } from '../env.ts'
import { adminCredentialRoutes } from './adminCredentials.ts'
import { adminDeviceRoutes } from './adminDevices.ts'
import { adminKeyRoutes } from './adminKeys.ts'
import { adminQuarantineRoutes } from './adminQuarantine.ts'
import { adminTopicRoutes } from './adminTopics.ts'
import { adminUserRoutes } from './adminUsers.ts'
import { auditRoutes } from './audit.ts'
import { backupRoutes } from './backup.ts'

/** What the administrator does over HTTP: devices, accounts, keys, quarantine, audit log and backup, one file each. */
export const adminRoutes = (context: ApiContext): OpenAPIHono<ApiEnv> =>
  createRouter()
    .route('/', adminDeviceRoutes(context))
    .route('/', adminCredentialRoutes(context))
    .route('/', adminTopicRoutes(context))
    .route('/', adminUserRoutes(context))
    .route('/', adminKeyRoutes(context))
    .route('/', adminQuarantineRoutes(context))
    .route('/', auditRoutes(context))
    .route('/', backupRoutes(context))
