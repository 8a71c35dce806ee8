import { createHash, createHmac } from 'node:crypto'
import { createSocket, type RemoteInfo, type Socket } from 'node:dgram'
import { once } from 'node:events'

/** A RADIUS server that answers what the test tells it to. Written by itself, so that it can catch the simulator. */

export interface Heard {
  code: number
  id: number
  fromPort: number
  raw: Buffer
  /** Values of one attribute type, in order. */
  values(type: number): Buffer[]
  text(type: number): string
  number(type: number): number
  /** Whether it was made with the secret: Message-Authenticator or, for accounting, the Request Authenticator. */
  authentic: boolean
}

export type Reply = {
  code: number
  attributes?: [type: number, value: Buffer][]
  sign?: 'first' | 'last' | 'no' | 'wrong'
}

export interface ScriptedRadius {
  readonly port: number
  readonly heard: Heard[]
  /** Decides each answer; undefined stays silent. */
  answer: (request: Heard) => Reply | undefined
  /** The nth accounting or access packet (from 1) that fits, as soon as it is there. */
  whenHeard(fits: (request: Heard) => boolean, count?: number): Promise<Heard>
  stop(): void
}

export const SECRET = 'radius-secret'
const ACCEPT: Reply = { code: 2 }

export async function startScriptedRadius(): Promise<ScriptedRadius> {
  const socket = createSocket('udp4')
  socket.bind(0, '127.0.0.1')
  await once(socket, 'listening')
  const heard: Heard[] = []
  const listeners = new Set<() => void>()
  const server: ScriptedRadius = {
    port: socket.address().port,
    heard,
    answer: (request) => (request.code === 4 ? { code: 5, sign: 'no' } : ACCEPT),
    whenHeard(fits, count = 1) {
      const { promise, resolve } = Promise.withResolvers<Heard>()
      const look = () => {
        const found = heard.filter(fits)[count - 1]
        if (!found) return
        listeners.delete(look)
        resolve(found)
      }
      listeners.add(look)
      look()
      return promise
    },
    stop: () => socket.close(),
  }
  socket.on('message', (raw, from) => {
    const request = hear(raw, from.port)
    heard.push(request)
    respond(socket, request, server.answer(request), from)
    for (const look of [...listeners]) look()
  })
  return server
}

export function isAccess(request: Heard): boolean {
  return request.code === 1
}

/** 1 Start, 2 Stop, 3 Interim-Update. */
export function isAccounting(status: number) {
  return (request: Heard) => request.code === 4 && request.number(40) === status
}

export function int(value: number): Buffer {
  const bytes = Buffer.alloc(4)
  bytes.writeUInt32BE(value)
  return bytes
}

export function vendor(type: number, value: Buffer): Buffer {
  return Buffer.concat([int(14988), Buffer.of(type, value.length + 2), value])
}

function hear(raw: Buffer, fromPort: number): Heard {
  const attributes: [number, Buffer, number][] = []
  for (let at = 20; at < raw.length; at += raw.readUInt8(at + 1)) {
    attributes.push([raw.readUInt8(at), raw.subarray(at + 2, at + raw.readUInt8(at + 1)), at + 2])
  }
  const values = (type: number) => attributes.filter(([t]) => t === type).map(([, value]) => value)
  return {
    code: raw.readUInt8(0),
    id: raw.readUInt8(1),
    fromPort,
    raw,
    values,
    text: (type) => values(type)[0]?.toString() ?? '',
    number: (type) => values(type)[0]?.readUInt32BE() ?? Number.NaN,
    authentic: isAuthentic(raw, attributes.find(([type]) => type === 80)?.[2]),
  }
}

function isAuthentic(raw: Buffer, signatureAt: number | undefined): boolean {
  const copy = Buffer.from(raw)
  if (raw[0] === 4) {
    copy.fill(0, 4, 20)
    return md5(copy, SECRET).equals(raw.subarray(4, 20))
  }
  if (signatureAt === undefined) return false
  copy.fill(0, signatureAt, signatureAt + 16)
  return createHmac('md5', SECRET)
    .update(copy)
    .digest()
    .equals(raw.subarray(signatureAt, signatureAt + 16))
}

function respond(socket: Socket, request: Heard, reply: Reply | undefined, to: RemoteInfo): void {
  if (!reply) return
  const { sign = 'first', attributes = [] } = reply
  const signature: [number, Buffer][] = sign === 'no' ? [] : [[80, Buffer.alloc(16)]]
  const all = sign === 'last' ? [...attributes, ...signature] : [...signature, ...attributes]
  const body = Buffer.concat(all.map(([type, value]) => Buffer.concat([Buffer.of(type, value.length + 2), value])))
  const packet = Buffer.concat([Buffer.of(reply.code, request.id, 0, 0), request.raw.subarray(4, 20), body])
  packet.writeUInt16BE(packet.length, 2)
  if (sign !== 'no') {
    const at = sign === 'last' ? packet.length - 16 : 22
    createHmac('md5', sign === 'wrong' ? 'other' : SECRET)
      .update(packet)
      .digest()
      .copy(packet, at)
  }
  md5(packet, SECRET).copy(packet, 4)
  socket.send(packet, to.port, to.address)
}

function md5(...parts: (Buffer | string)[]): Buffer {
  return createHash('md5')
    .update(Buffer.concat(parts.map((part) => Buffer.from(part))))
    .digest()
}
