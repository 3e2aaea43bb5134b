// Acks as controllers see them, a round at a time.
import type { AckSample, CongestionController } from '../../../src/host/stream/congestion-controller.ts'

export function ackSample (values: Partial<AckSample> = {}): AckSample {
  return {
    nowMs: 0, bytes: 1_200, packets: 1, markedPackets: 0, isNewRound: false, isWindowLimited: true, smoothedRttMs: 50, baseRttMs: 50,
    queueMs: 0, lowQueueMs: 0, lowSeenMs: 0, deliveryRate: 0, ...values
  }
}

/** A round trip in which a whole window is acknowledged, in ten acks. */
export function playRound (controller: CongestionController, nowMs: number, values: Partial<AckSample> = {}): void {
  const bytes = controller.windowBytes / 10
  for (let i = 1; i <= 10; i++) {
    controller.onAcked(ackSample({ nowMs: nowMs + i, bytes, lowSeenMs: nowMs, lowQueueMs: values.queueMs ?? 0, isNewRound: i === 10, ...values }))
  }
}
