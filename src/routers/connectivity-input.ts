/** What the adoption script of one router holds. */
export interface ConnectivityInput {
  routerId: number
  routerName: string
  /** Where the router reaches the appliance: its address, or a name that the router resolves while it runs the script. */
  applianceAddress: string
  /** Without a slash at the end. */
  portalUrl: string
  /** Holds the one-time token. */
  adoptUrl: string
  apiUsername: string
  apiPassword: string
  apiPort: number
  apiTls: boolean
  radiusSecret: string
  radiusAuthPort: number
  radiusAcctPort: number
  coaPort: number
  interimIntervalSeconds: number
  /** `radius`: it asks us who may in. `local`: it knows its users itself. */
  accessMode: 'radius' | 'local'
  /** Of the hotspots that others have made, those that are used, by name. Left out: the only one, and none of several. */
  useHotspots?: readonly string[]
}
