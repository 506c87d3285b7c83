-- One session in Neovim, from 0.7 on: nvim --headless --clean -c 'luafile neovim.lua'
-- Opens a broken file, waits for the diagnostic, applies its fix, waits until it is gone; prints what it saw.

local function say(...)
  io.stdout:write(table.concat({ ... }, " ") .. "\n")
end

local function stop(code)
  for _, client in pairs(vim.lsp.get_active_clients and vim.lsp.get_active_clients() or vim.lsp.get_clients()) do
    client.stop()
  end
  vim.wait(500)
  vim.cmd(code == 0 and "qall!" or "cquit")
end

local function found(rule)
  for _, each in ipairs(vim.diagnostic.get(0)) do
    if each.code == rule or (each.user_data and each.user_data.lsp and each.user_data.lsp.code == rule) then
      return each
    end
  end
end

local function main()
  local rule, title = vim.env.NETLINT_RULE, vim.env.NETLINT_TITLE
  vim.cmd("edit " .. vim.fn.fnameescape(vim.env.NETLINT_FILE))
  local id = vim.lsp.start_client({ name = "netlint", cmd = vim.json.decode(vim.env.NETLINT_COMMAND), root_dir = vim.fn.getcwd() })
  vim.lsp.buf_attach_client(0, id)
  if not vim.wait(30000, function() return found(rule) ~= nil end, 20) then
    say("no diagnostic of", rule)
    return stop(1)
  end
  local seen = found(rule)
  say("found", rule, tostring(seen.lnum + 1), tostring(seen.col + 1), seen.source)

  vim.api.nvim_win_set_cursor(0, { seen.lnum + 1, seen.col })
  local hover = vim.lsp.buf_request_sync(0, "textDocument/hover", vim.lsp.util.make_position_params(), 10000)
  say("hover", vim.split(hover[id].result.contents.value, "\n")[1])

  local params = vim.lsp.util.make_range_params()
  params.context = { diagnostics = {} }
  local answer = vim.lsp.buf_request_sync(0, "textDocument/codeAction", params, 10000)
  for _, action in ipairs(answer[id].result) do
    if action.title == title then
      vim.lsp.util.apply_workspace_edit(action.edit, "utf-16")
      say("applied", action.title)
    end
  end
  say("line", vim.api.nvim_get_current_line())
  if not vim.wait(30000, function() return found(rule) == nil end, 20) then
    say("still there")
    return stop(1)
  end
  say("gone")
  stop(0)
end

local ok, why = pcall(main)
if not ok then
  say("error", tostring(why))
  stop(1)
end
