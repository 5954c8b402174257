import { expect, test } from "vitest";
import { reportAddress } from "./report";

const LOOK = { montage: "recorded", highPass: 0.5, lowPass: null, notch: 50 };

test("a report is asked for with what is shown now", () => {
  const address = reportAddress("ab12", LOOK, { reader: "Dr. A & B", anonymous: true, channels: ["C3", "a,b", "C3"] });
  expect(address).toBe(
    "/api/recordings/ab12/report?montage=recorded&high_pass=0.5&notch=50" +
      "&channels=C3&channels=a%2Cb&reader=Dr.+A+%26+B&anonymous=true",
  );
  expect(reportAddress("ab12", LOOK, { reader: "", anonymous: false, channels: [] })).toBe(
    "/api/recordings/ab12/report?montage=recorded&high_pass=0.5&notch=50",
  );
});
