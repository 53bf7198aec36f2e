// Servers

export type { FakeClock } from './fake-clock.ts'
// Time
export { fakeClock } from './fake-clock.ts'
export type { Cut, FaultProxy, ProxyRules, Way } from './fault-proxy.ts'
// Faults
export { createFaultProxy } from './fault-proxy.ts'
export type { Frame, Packet } from './frames.ts'
export { openData, PacketType, packetText, parseFrame } from './frames.ts'
export type { LeakCheck, LeakOptions } from './leak-check.ts'
// Guards
export { leakCheck } from './leak-check.ts'
export type { RawClient, RawOptions } from './raw-client.ts'
export { connectRaw } from './raw-client.ts'
export type { RawPolling } from './raw-polling.ts'
export { FRAME_END, openPolling } from './raw-polling.ts'
export { seed } from './seed.ts'
export type { StartOptions, TestServer } from './start-server.ts'
export { startServer } from './start-server.ts'
export type { EventLog, Payload, Recorded, StockClient, StockOptions } from './stock-client.ts'
// Clients
export { connectStock } from './stock-client.ts'
export type { UnhandledGuard } from './unhandled.ts'
export { onUnhandled } from './unhandled.ts'
export type { Deferred } from './until.ts'
export { deferred, nextTurn, turns, until, within } from './until.ts'
