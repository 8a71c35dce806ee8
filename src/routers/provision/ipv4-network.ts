import { BlockList, isIPv4 } from 'node:net'

/** A network for customers: the first address is the router's. */
export interface Ipv4Network {
  cidr: string
  /** `10.5.50.1/24` */
  gatewayWithLength: string
  gateway: string
  /** `10.5.50.2-10.5.50.254` */
  range: string
}

/** Undefined for what is no IPv4 network of 4 to 65,534 addresses, or is not its first address. */
export function parseNetwork(cidr: string): Ipv4Network | undefined {
  const [base = '', lengthText = ''] = cidr.split('/')
  const length = Number(lengthText)
  if (!isIPv4(base) || !/^\d{2}$/.test(lengthText) || length < 16 || length > 29) return undefined
  const first = numberOf(base)
  const size = 2 ** (32 - length)
  if (first % size !== 0) return undefined
  const gateway = textOf(first + 1)
  const range = `${textOf(first + 2)}-${textOf(first + size - 2)}`
  return { cidr, gateway, gatewayWithLength: `${gateway}/${length}`, range }
}

/** `10.5.50.0/24` of `10.5.50.1/24`; undefined for what is no IPv4 address with a length. */
export function networkAround(address: string): string | undefined {
  const base = address.split('/')[0] ?? ''
  const size = 2 ** (32 - lengthOf(address))
  return isIPv4(base) ? `${textOf(Math.floor(numberOf(base) / size) * size)}/${lengthOf(address)}` : undefined
}

/** Whether `address` is in the network around `cidr`. */
export function holds(cidr: string, address: string): boolean {
  const base = cidr.split('/')[0] ?? ''
  if (!isIPv4(base) || !isIPv4(address)) return false
  const block = new BlockList()
  block.addSubnet(base, lengthOf(cidr), 'ipv4')
  return block.check(address)
}

export const lengthOf = (cidr = ''): number => Number(cidr.split('/')[1] ?? 32)

const numberOf = (address: string) => address.split('.').reduce((number, part) => number * 256 + Number(part), 0)

const textOf = (number: number) => [24, 16, 8, 0].map((bits) => Math.floor(number / 2 ** bits) % 256).join('.')
