import { Hono } from 'hono'
import * as z from 'zod'
import { VERSION } from '../version.ts'
import { openBuying } from './buy.ts'
import { call } from './call.ts'
import { capportApi } from './capport.ts'
import { captureForeignHosts } from './captive.ts'
import { openCodes } from './codes.ts'
import { codesApi } from './codes-api.ts'
import { consolePages } from './console/console-pages.tsx'
import { healthApi } from './health.ts'
import type { House } from './house.ts'
import { keepAnswers } from './kept-answers.ts'
import { methodsAt } from './methods-at.ts'
import { metricsApi } from './metrics.ts'
import { mpesaC2bApi } from './mpesa-c2b.ts'
import { mpesaCallbackApi, openCallbacks } from './mpesa-callback.ts'
import { atLeast, identify } from './operator/guard.ts'
import { operatorApi } from './operator/operator-api.ts'
import { openSignIn } from './operator/session.ts'
import { packagesOnSaleApi } from './packages.ts'
import { paymentsApi } from './payments.ts'
import { hotspotLogin } from './portal/hotspot-login.ts'
import { notFoundPage, opensPage, portalPages } from './portal/portal-pages.tsx'
import { answerError, problem, type RequestVariables, requestLog } from './problem.ts'
import { limitBody } from './read-body.ts'
import { routerAdoptApi } from './router-adopt.ts'
import { securityHeaders } from './security-headers.ts'
import { smsDeliveryApi } from './sms-delivery.ts'
import { openStatusStreams } from './status-stream.ts'

const describeItself = call({ does: 'What you read here.', answers: { 200: z.looseObject({}) } })

/** Every address that the daemon answers on, and what stands before all of them. `callbacks` may have shorter ways in, too. */
export function httpApp(house: House, callbacks = openCallbacks(house)): Hono<{ Variables: RequestVariables }> {
  const identity = identify(house)
  const isOperator = (context: Parameters<typeof identity>[0]) => identity(context) !== undefined
  const buy = openBuying(house)
  const codes = openCodes(house)
  const streams = openStatusStreams(house)
  const signIn = openSignIn(house)
  const viewer = atLeast(identity, 'viewer')

  const app = new Hono<{ Variables: RequestVariables }>()
  app.onError(answerError(house.log))
  if (house.kept) app.use(keepAnswers(house.kept))
  app.use(requestLog(house.log), securityHeaders, captureForeignHosts(house), limitBody)

  app.route('/', mpesaCallbackApi(house, callbacks))
  app.route('/', mpesaC2bApi(house))
  app.route('/', healthApi(house))
  app.route('/', capportApi(house))
  app.route('/', packagesOnSaleApi(house, isOperator))
  app.route('/', operatorApi(house, { identity, signIn }))
  app.route('/', paymentsApi(house, { buy, streams, isOperator }))
  app.route('/', codesApi(house, codes))
  app.route('/', routerAdoptApi(house))
  app.route('/', hotspotLogin(house))
  app.route('/', smsDeliveryApi(house))
  app.get('/api/openapi.json', viewer, describeItself, async (c) => {
    const { openApiOf } = await import('./openapi.ts')
    return c.json(openApiOf(app.routes, VERSION))
  })
  app.route('/', metricsApi(house, callbacks.counters, viewer))
  app.route('/', portalPages(house, { buy, codes, streams }))
  app.route('/', consolePages(house, { identity, signIn }))
  app.notFound((c) => {
    if (opensPage(c)) return notFoundPage(house, c)
    const methods = methodsAt(app, c.req.path)
    if (methods.length > 0) {
      c.header('Allow', methods.join(', '))
      throw problem(405, 'method-not-allowed', `This address takes ${methods.join(', ')}, not ${c.req.method}.`)
    }
    throw problem(404, 'not-found', 'There is nothing at this address.')
  })
  return app
}
