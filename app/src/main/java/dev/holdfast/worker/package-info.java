/** From a claimed generation to chunk rows: slots run models, one flusher writes for all of them, a heartbeat holds the leases. */
package dev.holdfast.worker;
