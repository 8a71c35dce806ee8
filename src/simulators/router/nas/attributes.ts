/** Attribute numbers: RFC 2865, 2866, 2869, 5176 and the vendors' own. */
export const ATTRIBUTE = {
  userName: 1,
  userPassword: 2,
  chapPassword: 3,
  nasIpAddress: 4,
  nasPort: 5,
  serviceType: 6,
  framedProtocol: 7,
  framedIpAddress: 8,
  replyMessage: 18,
  class: 25,
  vendorSpecific: 26,
  sessionTimeout: 27,
  calledStationId: 30,
  callingStationId: 31,
  nasIdentifier: 32,
  proxyState: 33,
  acctStatusType: 40,
  acctDelayTime: 41,
  acctInputOctets: 42,
  acctOutputOctets: 43,
  acctSessionId: 44,
  acctSessionTime: 46,
  acctInputPackets: 47,
  acctOutputPackets: 48,
  acctTerminateCause: 49,
  acctInputGigawords: 52,
  acctOutputGigawords: 53,
  eventTimestamp: 55,
  chapChallenge: 60,
  nasPortType: 61,
  portLimit: 62,
  messageAuthenticator: 80,
  acctInterimInterval: 85,
  nasPortId: 87,
  errorCause: 101,
} as const

export const MIKROTIK = {
  vendor: 14988,
  recvLimit: 1,
  xmitLimit: 2,
  group: 3,
  rateLimit: 8,
  hostIp: 10,
  recvLimitGigawords: 14,
  xmitLimitGigawords: 15,
  totalLimit: 17,
  totalLimitGigawords: 18,
} as const

export const WISPR = { vendor: 14122, logoffUrl: 3 } as const

export const CODE = {
  accessRequest: 1,
  accessAccept: 2,
  accessReject: 3,
  accountingRequest: 4,
  accountingResponse: 5,
  disconnectRequest: 40,
  disconnectAck: 41,
  disconnectNak: 42,
  coaRequest: 43,
  coaAck: 44,
  coaNak: 45,
} as const

export const TERMINATE_CAUSE = { userRequest: 1, lostCarrier: 2, sessionTimeout: 5, adminReset: 6 } as const
