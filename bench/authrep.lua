-- authrep of a random application: APPLICATIONS of them, three limits each, a method that rolls up.
local applications = tonumber(os.getenv("APPLICATIONS"))
math.randomseed(7)
request = function()
  local path = "/transactions/authrep.xml?service_token=token&service_id=1&user_key=%032x&usage%%5Blist%%5D=1"
  return wrk.format("GET", string.format(path, math.random(0, applications - 1)))
end
