// What the page asks of jobs, wherever one is shown.

import { api, ask, type JobRow } from "../api/client";

const ACTIVE = ["queued", "running", "stopping"];

/** Whether a job has not ended. */
export const isActive = (job: JobRow | null | undefined): boolean => !!job && ACTIVE.includes(job.state);

export const stopJob = (id: string): Promise<JobRow> => ask(api.POST("/api/jobs/{id}/stop", { params: { path: { id } } }));

/** Run a job again that failed or was stopped. */
export const retryJob = (id: string): Promise<JobRow> => ask(api.POST("/api/jobs/{id}/retry", { params: { path: { id } } }));
