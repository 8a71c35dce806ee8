import { createPrivateKey, createPublicKey, generateKeyPairSync, type KeyObject, sign, verify } from 'node:crypto'
import * as z from 'zod'

/** A voucher that a head office has signed: any of its sites can tell that it is good, with no network. */
export interface SignedVoucher {
  id: string
  /** Name of the package that it opens. */
  packageName: string
  /** The only site where it is good; anywhere when null. */
  siteId: string | null
  expiresAtMs: number | null
}

const Payload = z.strictObject({
  i: z.string().regex(/^[\w-]{10,40}$/),
  p: z.string().min(1).max(64),
  s: z.string().max(64).optional(),
  e: z.int().optional(),
})

const PREFIX = 'ML1'

export const looksSigned = (code: string): boolean => code.startsWith(`${PREFIX}.`)

/** Meant for a QR code: a signature is too long for fingers. */
export function signVoucher({ id, packageName, siteId, expiresAtMs }: SignedVoucher, key: KeyObject): string {
  const payload = { i: id, p: packageName, ...(siteId && { s: siteId }), ...(expiresAtMs && { e: expiresAtMs }) }
  const head = `${PREFIX}.${Buffer.from(JSON.stringify(payload)).toString('base64url')}`
  return `${head}.${sign(null, Buffer.from(head), key).toString('base64url')}`
}

/** Undefined when it was not signed with this key, or says nothing that can be understood. */
export function readSignedVoucher(code: string, publicKey: KeyObject): SignedVoucher | undefined {
  const [prefix, body, signature, ...rest] = code.trim().split('.')
  if (prefix !== PREFIX || body === undefined || signature === undefined || rest.length > 0) return undefined
  const isSigned = verify(null, Buffer.from(`${prefix}.${body}`), publicKey, Buffer.from(signature, 'base64url'))
  const said = isSigned ? Payload.safeParse(parse(Buffer.from(body, 'base64url').toString())).data : undefined
  return said && { id: said.i, packageName: said.p, siteId: said.s ?? null, expiresAtMs: said.e ?? null }
}

/** By which a voucher is withdrawn; whether it was signed with the right key is not looked at. */
export function idOfSigned(code: string): string | undefined {
  const body = code.trim().split('.')[1] ?? ''
  return Payload.safeParse(parse(Buffer.from(body, 'base64url').toString())).data?.i
}

/** The key that signs (PEM, to be kept at head office) and the one that every site holds. */
export function makeVoucherKeys(): { privateKey: string; publicKey: string } {
  const { privateKey, publicKey } = generateKeyPairSync('ed25519')
  const { x = '' } = publicKey.export({ format: 'jwk' })
  return { privateKey: privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(), publicKey: x }
}

export const openVoucherKey = (pem: string): KeyObject => createPrivateKey(pem)

/** `x`: 32 bytes in base64url, as `makeVoucherKeys` gives them. */
export const openPublicVoucherKey = (x: string): KeyObject =>
  createPublicKey({ key: { kty: 'OKP', crv: 'Ed25519', x }, format: 'jwk' })

function parse(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
