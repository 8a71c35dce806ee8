import { randomUUID } from 'node:crypto'
import type { Clock } from '../clock.ts'
import { brokerAddress, prepareStream } from '../cloud/broker-stream.ts'
import type { LinkEnd } from '../cloud/link-end.ts'
import { openMqttLink, type ProtocolVersion } from '../cloud/mqtt-link.ts'
import type { Config } from '../config.ts'
import { asError } from '../errors.ts'
import { type Finding, findingsAbout } from './finding.ts'

const broker = findingsAbout('broker')

const todo: Record<LinkEnd['kind'], string> = {
  lost: 'Check [cloud] url, and the line to the Internet.',
  refused: 'Check [cloud] username and password, or cert and key.',
  clock: 'A certificate’s dates do not fit: check the clock of this box, then [cloud] ca.',
  version: 'It must speak MQTT 5 or 3.1.1.',
}

/** Whether the broker lets us in. By a name of our own: the daemon's link stays. */
export async function lookAtBroker({ cloud }: Config, siteId: string | undefined, clock: Clock): Promise<Finding[]> {
  if (cloud.url === undefined) return [broker.leftOut('No cloud is configured.')]
  const { host, port } = brokerAddress({ ...cloud, url: cloud.url })
  try {
    const openStream = await prepareStream({ ...cloud, url: cloud.url })
    let end = await greet(openStream, 5)
    if (end?.kind === 'version') end = await greet(openStream, 4)
    if (!end) return [broker.well(`${host}:${port} lets us in.`)]
    if (end.reason.includes('ECONNREFUSED'))
      return [broker.wrong(`${host}:${port}: nobody answers there.`, 'Start the broker, or correct [cloud] url.')]
    return [broker.wrong(`${host}:${port} does not let us in: ${end.reason}`, todo[end.kind])]
  } catch (thrown) {
    return [broker.wrong(asError(thrown).message, 'Check [cloud] ca, cert and key.')]
  }

  /** Undefined when it went well. */
  function greet(openStream: Awaited<ReturnType<typeof prepareStream>>, protocolVersion: ProtocolVersion) {
    return new Promise<LinkEnd | undefined>((resolve) => {
      const { username, password } = brokerAddress({ ...cloud, url: cloud.url ?? '' })
      const link = openMqttLink({
        openStream,
        clientId: `mlango-doctor-${randomUUID()}`,
        username,
        password,
        protocolVersion,
        will: { topic: `mlango/v1/${siteId ?? 'unknown'}/doctor`, payload: '' },
        clock,
        onMessage: () => {},
        onUp() {
          resolve(undefined)
          void link.close(2_000)
        },
        onDown: resolve,
      })
    })
  }
}
