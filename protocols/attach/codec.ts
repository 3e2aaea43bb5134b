/** `/byway/attach/1.0.0` as the request/response engine sees it. */
import { MAX_DESCRIPTOR_BYTES } from '../descriptor/constants.ts'
import { MalformedMessageError } from '../errors.ts'
import { checkInteger, MAX_UINT32 } from '../field-checks.ts'
import { AttachRequest, AttachResponse } from './attach.pb.ts'
import { ATTACH_PROTOCOL, DEADLINE_MS, MAX_LEASE_MS, MAX_REQUEST_BYTES, MAX_RESPONSE_BYTES } from './constants.ts'
import type { Method } from '../request-response.ts'

export { AttachRequest, AttachResponse }

/**
 * The same checks for what is sent and for what is received. A descriptor is looked at for its size only: who keeps it
 * has to open it first (descriptor/codec.ts).
 */
export const attachMethod: Method<AttachRequest, AttachResponse> = {
  protocol: ATTACH_PROTOCOL,
  maxRequestBytes: MAX_REQUEST_BYTES,
  maxResponseBytes: MAX_RESPONSE_BYTES,
  deadlineMs: DEADLINE_MS,
  encodeRequest: message => AttachRequest.encode(checkRequest(message)),
  decodeRequest: bytes => checkRequest(AttachRequest.decode(bytes)),
  encodeResponse: message => AttachResponse.encode(checkResponse(message)),
  decodeResponse: bytes => checkResponse(AttachResponse.decode(bytes))
}

function checkRequest (message: AttachRequest): AttachRequest {
  const { operation, descriptor, leaseMs, advertise } = message
  checkInteger(leaseMs, MAX_UINT32, 'leaseMs')
  if (operation === AttachRequest.Operation.ATTACH) {
    if (descriptor.byteLength === 0 || descriptor.byteLength > MAX_DESCRIPTOR_BYTES) {
      throw new MalformedMessageError(`descriptor has ${descriptor.byteLength} bytes: it must be 1 to ${MAX_DESCRIPTOR_BYTES}`)
    }
  } else if (descriptor.byteLength > 0 || leaseMs > 0 || advertise) {
    throw new MalformedMessageError('DETACH goes with no other field')
  }
  return message
}

function checkResponse (message: AttachResponse): AttachResponse {
  checkInteger(message.leaseMs, MAX_LEASE_MS, 'leaseMs')
  checkInteger(message.attachments, MAX_UINT32, 'attachments')
  checkInteger(message.maxAttachments, MAX_UINT32, 'maxAttachments')
  return message
}
