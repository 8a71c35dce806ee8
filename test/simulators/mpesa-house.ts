import type { TestContext } from 'node:test'
import { type MpesaSimulatorOptions, startMpesaSimulator } from '../../src/simulators/mpesa-simulator.ts'
import { startReceiver } from './receiving-server.ts'

export const PHONE = '254712345678'

/** A simulator, a merchant's web server, and a merchant who talks to Daraja by hand. */
export async function setUpMpesa(t: TestContext, options: Partial<MpesaSimulatorOptions> = {}) {
  const merchant = { consumerKey: 'key', consumerSecret: 'secret', shortcode: '174379', passkey: 'pass' }
  const mpesa = await startMpesaSimulator({ ...merchant, pinDelayMs: 1, ...options })
  t.after(() => mpesa.stop())
  const receiver = await startReceiver(t)

  async function askToken(query = 'grant_type=client_credentials', credentials = 'key:secret') {
    const headers = { Authorization: `Basic ${Buffer.from(credentials).toString('base64')}` }
    return await answerOf(fetch(`${mpesa.url}/oauth/v1/generate?${query}`, { headers }))
  }

  let token = ''
  async function post(path: string, body: unknown, headers: Record<string, string> = {}) {
    // A new token would end the one that the caller brings.
    if (token === '' && !headers.Authorization) token = (await askToken()).body.access_token
    return await answerOf(
      fetch(mpesa.url + path, {
        method: 'POST',
        headers: { 'Content-Type': 'application/json', Authorization: `Bearer ${token}`, ...headers },
        body: typeof body === 'string' ? body : JSON.stringify(body),
      }),
    )
  }

  const timestamp = '20260102030405'
  const signature = {
    BusinessShortCode: merchant.shortcode,
    Password: Buffer.from(merchant.shortcode + merchant.passkey + timestamp).toString('base64'),
    Timestamp: timestamp,
  }
  const goodPush = {
    ...signature,
    TransactionType: 'CustomerPayBillOnline',
    Amount: 20,
    PartyA: PHONE,
    PartyB: merchant.shortcode,
    PhoneNumber: PHONE,
    CallBackURL: `${receiver.url}/callback/of-this-attempt`,
    AccountReference: 'WIFI7K3Q',
    TransactionDesc: 'Internet 1h',
  }

  return {
    mpesa,
    received: receiver.received,
    goodPush,
    askToken,
    post,
    push: (changes: object = {}, headers?: Record<string, string>) =>
      post('/mpesa/stkpush/v1/processrequest', { ...goodPush, ...changes }, headers),
    query: (checkoutRequestId: string) =>
      post('/mpesa/stkpushquery/v1/query', { ...signature, CheckoutRequestID: checkoutRequestId }),
    /** The stkCallback objects that arrived, oldest first. */
    callbacks: () => receiver.received.map(({ body }) => JSON.parse(body).Body.stkCallback),
  }
}

interface Answer {
  status: number
  contentType: string
  text: string
  // biome-ignore lint/suspicious/noExplicitAny: a foreign API's JSON, asserted on by the test
  body: any
}

async function answerOf(pending: Promise<Response>): Promise<Answer> {
  const response = await pending
  const contentType = response.headers.get('content-type') ?? ''
  const text = await response.text()
  return { status: response.status, contentType, text, body: contentType.includes('json') ? JSON.parse(text) : null }
}
