import { fromWire, shapes } from "./wire.js";

/** Something that happened in a channel or run. */
export class ChannelEvent {
  /** @param {{id?: string, type: string, time?: string, data: any}} event */
  constructor({ id, type, time, data }) {
    this.id = id;
    this.type = type;
    this.time = time;
    this.data = data;
  }

  /** The event of a server-sent one; undefined for what is none of ours. */
  static of({ id, type, data }) {
    const envelope = JSON.parse(data);
    const name = type ?? "message";
    if (name === "gap") return new Gap(id, envelope.data);
    return new ChannelEvent({ id, type: name, time: envelope.time, data: fromWire(envelope.data, shapeOf(name, envelope)) });
  }
}

/** What lies between two versions could not be had: read the context and go on from `version`. */
export class Gap extends ChannelEvent {
  constructor(id, data) {
    super({ id, type: "gap", data });
    this.after = data.after;
    this.version = data.version;
    this.reason = data.reason;
  }
}

function shapeOf(type, envelope) {
  if (type === "commit") return shapes.commit;
  return type === "run" && String(envelope.source).startsWith("/v1/runs/") ? shapes.run : {};
}
