/** What an operator chose for a router. Without it the one hotspot that is there is taken on as it is. */
export interface WantedServices {
  /** Of the hotspots that others have made, those that our customers use, by name. Left out: the only one. */
  useHotspots?: string[] | undefined
  /** A hotspot that we build. */
  hotspot?: WantedHotspot | undefined
  pppoe?: { interface: string; network: string } | undefined
}

export interface WantedHotspot {
  /** An interface that exists, for instance a bridge; or `ports`, of which a bridge is made. */
  interface?: string | undefined
  ports?: string[] | undefined
  /** `10.5.50.0/24`: the first address is the router's, the others the phones'. */
  network: string
}

/** Who only names hotspots of others gives up nothing of what we build. */
export const besideBuilt = (asked: WantedServices, { hotspot, pppoe }: WantedServices): WantedServices =>
  asked.hotspot || asked.pppoe ? asked : { hotspot, pppoe, ...asked }

/** Of the appliance, as its routers reach it. */
export interface Appliance {
  /** IPv4. */
  address: string
  /** Whether what we send to networks that we do not know leaves by the address that the router sees. */
  gatewayAddress: string | undefined
  /** The networks that we reach by a gateway other than that. */
  routes: readonly { network: string; gateway: string }[]
  /** Without a slash at the end. */
  portalUrl: string
  radiusAuthPort: number
  radiusAcctPort: number
  interimIntervalSeconds: number
}
