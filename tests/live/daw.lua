-- A headless Ardour that does as it is told, a word a line: roll, stop, start (go to the beginning), quit. It has one
-- MIDI track that records what comes from ANTIPHON_FROM, and sends a MIDI clock. Environment: ANTIPHON_FOLDER (of a new
-- session), ANTIPHON_FROM (an output port), ANTIPHON_BPM.
local function nap (seconds) ARDOUR.LuaAPI.usleep (math.floor (seconds * 1e6)) end
local function say (word) print (word) io.stdout:flush () end

AudioEngine:set_backend ("JACK", "daw", "")
local session = create_session (os.getenv ("ANTIPHON_FOLDER"), "take", 48000)
assert (session, "no session")
local midi = ARDOUR.ChanCount (ARDOUR.DataType ("midi"), 1)
local tracks = session:new_midi_track (midi, midi, true, ARDOUR.PluginInfo (), nil, nil, 1, "antiphon",
  ARDOUR.PresentationInfo.max_order, ARDOUR.TrackMode.Normal, false, false)
local track = tracks:front ()
track:input ():midi (0):connect (os.getenv ("ANTIPHON_FROM"))
ARDOUR.config ():set_send_midi_clock (true)
local bpm = tonumber (os.getenv ("ANTIPHON_BPM"))
local tempo = Temporal.TempoMap.write_copy ()
tempo:set_tempo (Temporal.Tempo (bpm, bpm, 4), Temporal.timepos_t (0))
Temporal.TempoMap.update (tempo)
track:rec_enable_control ():set_value (1, PBD.GroupControlDisposition.NoGroup)
session:maybe_enable_record (true)
nap (0.5)
say ("READY")

local ui = ARDOUR.TransportRequestSource.TRS_UI
for word in io.lines () do
  if word == "roll" then
    session:request_roll (ui)
  elseif word == "stop" then
    session:request_stop (false, false, ui)
    nap (0.8)
    session:disable_record (false, false)
    session:save_state ("")
  elseif word == "start" then
    session:request_locate (0, false, ARDOUR.LocateTransportDisposition.MustStop, ui)
    nap (0.5)
  elseif word == "quit" then
    break
  end
  say ("DONE " .. word)
end
close_session ()
quit ()
