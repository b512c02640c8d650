/**
 * The functions of onnxruntime's C API (version 24) that we call: index in the `OrtApi` table and signature. The table
 * only ever grows at its end, so an index holds for every later version. Not here: what the calls mean (see api.ts).
 */

const status = "pointer";

/** A fallible function: its result is a status, null when all is well. */
function fallible<const P extends readonly Deno.NativeType[]>(index: number, ...parameters: P) {
  return { index, parameters, result: status } as const;
}

/** The same, called on another thread: the event loop stays free and the result is a promise. */
function background<const P extends readonly Deno.NativeType[]>(index: number, ...parameters: P) {
  return { index, parameters, result: status, nonblocking: true } as const;
}

/** A release function: takes the handle, returns nothing. */
function release(index: number) {
  return { index, parameters: ["pointer"], result: "void" } as const;
}

export const FUNCTIONS = {
  GetErrorCode: { index: 1, parameters: ["pointer"], result: "i32" },
  GetErrorMessage: { index: 2, parameters: ["pointer"], result: "pointer" },
  ReleaseStatus: release(93),

  CreateThreadingOptions: fallible(121, "buffer"),
  SetGlobalIntraOpNumThreads: fallible(147, "pointer", "i32"),
  SetGlobalInterOpNumThreads: fallible(148, "pointer", "i32"),
  SetGlobalSpinControl: fallible(149, "pointer", "i32"),
  ReleaseThreadingOptions: release(122),
  CreateEnvWithGlobalThreadPools: fallible(119, "i32", "buffer", "pointer", "buffer"),
  ReleaseEnv: release(92),
  CreateArenaCfg: fallible(156, "usize", "i32", "i32", "i32", "buffer"),
  ReleaseArenaCfg: release(157),
  CreateAndRegisterAllocator: fallible(144, "pointer", "pointer", "pointer"),
  CreateAndRegisterAllocatorV2: fallible(
    259,
    ...["pointer", "buffer", "pointer", "pointer", "buffer", "buffer", "usize"] as const,
  ),

  CreateSessionOptions: fallible(10, "buffer"),
  EnableProfiling: fallible(14, "pointer", "buffer"),
  DisableMemPattern: fallible(17, "pointer"),
  DisableCpuMemArena: fallible(19, "pointer"),
  SetSessionGraphOptimizationLevel: fallible(23, "pointer", "i32"),
  SetIntraOpNumThreads: fallible(24, "pointer", "i32"),
  DisablePerSessionThreads: fallible(120, "pointer"),
  AddSessionConfigEntry: fallible(130, "pointer", "buffer", "buffer"),
  AddInitializer: fallible(150, "pointer", "buffer", "pointer"),
  SetDeterministicCompute: fallible(273, "pointer", "bool"),
  CreateCUDAProviderOptions: fallible(205, "buffer"),
  UpdateCUDAProviderOptions: fallible(206, "pointer", "buffer", "buffer", "usize"),
  ReleaseCUDAProviderOptions: release(208),
  SessionOptionsAppendExecutionProvider_CUDA_V2: fallible(204, "pointer", "pointer"),
  ReleaseSessionOptions: release(100),

  CreatePrepackedWeightsContainer: fallible(166, "buffer"),
  ReleasePrepackedWeightsContainer: release(167),

  CreateSessionFromArray: background(8, "pointer", "buffer", "usize", "pointer", "buffer"),
  CreateSessionFromArraySync: fallible(8, "pointer", "buffer", "usize", "pointer", "buffer"),
  CreateSessionFromArrayWithPrepackedWeightsContainer: background(
    169,
    ...["pointer", "buffer", "usize", "pointer", "pointer", "buffer"] as const,
  ),
  SessionGetInputCount: fallible(30, "pointer", "buffer"),
  SessionGetOutputCount: fallible(31, "pointer", "buffer"),
  SessionGetInputTypeInfo: fallible(33, "pointer", "usize", "buffer"),
  SessionGetOutputTypeInfo: fallible(34, "pointer", "usize", "buffer"),
  SessionGetInputName: fallible(36, "pointer", "usize", "pointer", "buffer"),
  SessionGetOutputName: fallible(37, "pointer", "usize", "pointer", "buffer"),
  Session_GetEpGraphAssignmentInfo: fallible(407, "pointer", "buffer", "buffer"),
  EpAssignedSubgraph_GetEpName: fallible(408, "pointer", "buffer"),
  EpAssignedSubgraph_GetNodes: fallible(409, "pointer", "buffer", "buffer"),
  EpAssignedNode_GetName: fallible(410, "pointer", "buffer"),
  EpAssignedNode_GetOperatorType: fallible(412, "pointer", "buffer"),
  SessionEndProfiling: fallible(110, "pointer", "pointer", "buffer"),
  ReleaseSession: release(95),

  CastTypeInfoToTensorInfo: fallible(55, "pointer", "buffer"),
  GetTensorTypeAndShape: fallible(65, "pointer", "buffer"),
  GetTensorElementType: fallible(60, "pointer", "buffer"),
  GetDimensionsCount: fallible(61, "pointer", "buffer"),
  GetDimensions: fallible(62, "pointer", "buffer", "usize"),
  GetSymbolicDimensions: fallible(63, "pointer", "buffer", "usize"),
  TensorTypeAndShape_HasShape: { index: 390, parameters: ["pointer"], result: "bool" },
  ReleaseTypeInfo: release(98),
  ReleaseTensorTypeAndShapeInfo: release(99),

  CreateMemoryInfo: fallible(68, "buffer", "i32", "i32", "i32", "buffer"),
  CreateCpuMemoryInfo: fallible(69, "i32", "i32", "buffer"),
  ReleaseMemoryInfo: release(94),
  GetAllocatorWithDefaultOptions: fallible(78, "buffer"),
  CreateAllocator: fallible(131, "pointer", "pointer", "buffer"),
  ReleaseAllocator: release(132),
  AllocatorAlloc: fallible(75, "pointer", "usize", "buffer"),
  AllocatorFree: fallible(76, "pointer", "pointer"),
  AllocatorGetStats: fallible(319, "pointer", "buffer"),
  GetKeyValue: { index: 297, parameters: ["pointer", "buffer"], result: "pointer" },
  ReleaseKeyValuePairs: release(300),

  CreateTensorAsOrtValue: fallible(48, "pointer", "buffer", "usize", "i32", "buffer"),
  CreateTensorWithDataAsOrtValue: fallible(
    49,
    ...["pointer", "pointer", "usize", "buffer", "usize", "i32", "buffer"] as const,
  ),
  GetTensorMutableData: fallible(51, "pointer", "buffer"),
  ReleaseValue: release(96),

  CreateRunOptions: fallible(39, "buffer"),
  RunOptionsSetTerminate: fallible(46, "pointer"),
  ReleaseRunOptions: release(97),
  Run: background(
    9,
    ...["pointer", "pointer", "buffer", "buffer", "usize", "buffer", "usize", "buffer"] as const,
  ),

  CreateIoBinding: fallible(134, "pointer", "buffer"),
  BindInput: fallible(136, "pointer", "buffer", "pointer"),
  BindOutput: fallible(137, "pointer", "buffer", "pointer"),
  BindOutputToDevice: fallible(138, "pointer", "buffer", "pointer"),
  SynchronizeBoundOutputs: fallible(203, "pointer"),
  GetBoundOutputValues: fallible(140, "pointer", "pointer", "buffer", "buffer"),
  ReleaseIoBinding: release(135),
  RunWithBinding: background(133, "pointer", "pointer", "pointer"),
  RunWithBindingSync: fallible(133, "pointer", "pointer", "pointer"),
} as const satisfies Record<string, Deno.ForeignFunction & { index: number }>;
