import { type Context, Hono } from 'hono'
import { ProblemPage } from '../../../portal/customer/problem.tsx'
import type { Buy } from '../buy.ts'
import type { Codes } from '../codes.ts'
import type { House } from '../house.ts'
import { answerError, type RequestVariables } from '../problem.ts'
import type { StatusStreams } from '../status-stream.ts'
import { accessPages } from './access-pages.tsx'
import { answerPage } from './answer-page.ts'
import { openDeviceMemory } from './device-memory.ts'
import { helpPages } from './help-pages.tsx'
import { paymentPages } from './payment-pages.tsx'
import { shopPages } from './shop-pages.tsx'
import { tvPages } from './tv-pages.tsx'
import { queryOf, strangerOf } from './visitor.ts'

interface PortalDoors {
  buy: Buy
  codes: Codes
  streams: StatusStreams
}

/** What a customer's phone sees. Every page works without scripts; every form answers 303, so a reload is harmless. */
export function portalPages(house: House, { buy, codes, streams }: PortalDoors) {
  const answer = answerError(house.log)
  const app = new Hono<{ Variables: RequestVariables }>()
  app.onError((thrown, c) => {
    const answered = answer(thrown, c)
    if (answered.status < 500) return answered
    const visitor = strangerOf(house, c, queryOf(c))
    return answerPage(
      house,
      c,
      <ProblemPage {...visitor} problem="trouble" requestId={c.get('requestId')} />,
      answered.status === 503 ? 503 : 500,
    )
  })
  const memory = openDeviceMemory(house)
  app.route('/', shopPages(house, buy, memory))
  app.route('/', paymentPages(house, memory.loginForms))
  app.route('/', accessPages(house, { codes, streams, ...memory }))
  app.route('/', tvPages(house, streams))
  app.route('/', helpPages(house))
  return app
}

/** For people who typed or tapped an address that is not there. */
export function notFoundPage(house: House, context: Context): Response {
  return answerPage(
    house,
    context,
    <ProblemPage {...strangerOf(house, context, queryOf(context))} problem="not-found" />,
    404,
  )
}

/** A browser that opens an address, not a program that calls one. */
export const opensPage = ({ req }: Context): boolean =>
  req.method === 'GET' && !req.path.startsWith('/api/') && (req.header('accept') ?? '').includes('text/html')
