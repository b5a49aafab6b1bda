final: previous: { mark = "folder"; }
