final: previous: { mark = "file"; }
