"""PyTorch's public names that are not here, by reason and namespace ("" is torch itself).

A name that comes to be here has to leave the table, and one that torch gets has to come in: test_names.py.
"""

LEFT_OUT: dict[str, dict[str, str]] = {
    "sparse but in coordinates, quantized, nested and other tensors that are not dense": {
        "": """
            QInt32Storage QInt8Storage QUInt2x4Storage QUInt4x2Storage QUInt8Storage
            ccol_indices_copy choose_qparams_optimized col_indices_copy crow_indices_copy dequantize
            dsmm empty_quantized fbgemm_linear_fp16_weight fbgemm_linear_fp16_weight_fp32_activation
            fbgemm_linear_int8_weight fbgemm_linear_int8_weight_fp32_activation
            fbgemm_linear_quantize_weight fbgemm_pack_gemm_matrix_fp16 fbgemm_pack_quantized_matrix
            fused_moving_avg_obs_fake_quant hsmm hspmm int_repr jagged nested per_channel_affine
            per_channel_affine_float_qparams per_channel_symmetric per_tensor_affine
            per_tensor_symmetric q_per_channel_axis q_per_channel_scales q_per_channel_zero_points
            q_scale q_zero_point qint32 qint8 qscheme quantization quantize_per_channel
            quantize_per_tensor quantize_per_tensor_dynamic quantized_batch_norm quantized_gru
            quantized_gru_cell quantized_lstm quantized_lstm_cell quantized_max_pool1d
            quantized_max_pool2d quantized_max_pool3d quantized_rnn_relu_cell
            quantized_rnn_tanh_cell quint2x4 quint4x2 quint8 resize_as_sparse_ row_indices_copy
            saddmm smm sparse_bsc sparse_bsc_tensor sparse_bsr sparse_bsr_tensor
            sparse_compressed_tensor sparse_csc sparse_csc_tensor
            sparse_csr sparse_csr_tensor sspaddmm values_copy
        """,
        "Tensor": """
            ccol_indices coalesce col_indices crow_indices dense_dim dequantize indices int_repr
            is_coalesced q_per_channel_axis q_per_channel_scales q_per_channel_zero_points q_scale
            q_zero_point qscheme resize_as_sparse_ row_indices smm sparse_dim sparse_mask
            sparse_resize_ sparse_resize_and_clear_ sspaddmm to_mkldnn to_padded_tensor
            to_sparse_bsc to_sparse_bsr to_sparse_coo to_sparse_csc to_sparse_csr values
        """,
        "backends": """
            cusparselt kleidiai quantized
        """,
        "compiler": """
            nested_compile_region
        """,
        "cuda": """
            host_memory_stats_as_nested_dict memory_stats_as_nested_dict sparse
        """,
        "nn": """
            intrinsic qat quantizable quantized
        """,
        "masked": """
            MaskedTensor as_masked_tensor is_masked_tensor masked_tensor
        """,
    },
    "operators in Triton (a Pallas kernel is a JAX function: jax_function), and torch's dispatcher": {
        "library": """
            fallthrough_kernel get_ctx get_kernel impl_abstract register_autocast
            register_torch_dispatch triton_op wrap_triton
        """,
    },
    "types of a few bits, which XLA's CPU has no arithmetic for": {
        "": """
            bit bits16 bits1x8 bits2x4 bits4x2 bits8 chalf complex32 float4_e2m1fn_x2 int1 int2 int3
            int4 int5 int6 int7 uint1 uint2 uint3 uint4 uint5 uint6 uint7
        """,
        "Tensor": """
            chalf
        """,
    },
    "TorchScript, ONNX, FX and export: JAX's own tracing and StableHLO take their place": {
        "": """
            AVG AggregationType AliasDb AnyType Argument ArgumentSpec AwaitType BenchmarkConfig
            BenchmarkExecutionStats Block BoolType BufferDict CallStack Capsule ClassType Code
            CompilationUnit CompleteArgumentSpec ComplexType ConcreteModuleType
            ConcreteModuleTypeBuilder DeepCopyMemoTable DeserializationStorageContext DeviceObjType
            DictType DispatchKey DispatchKeySet
            EnumType ErrorReport ExcludeDispatchKeyGuard ExecutionPlan FatalError FileCheck
            FloatType FunctionSchema Future FutureType Gradient Graph GraphExecutorState
            IODescriptor InferredType IntType InterfaceType JITException ListType LiteScriptModule
            LockingLogger LoggerBase ModuleDict Node NoneType NoopLogger NumberType OperatorInfo
            OptionalType PRIVATE_OPS ParameterDict PyObjectType PyTorchFileReader PyTorchFileWriter
            RRefType SUM ScriptClass ScriptClassFunction ScriptDict ScriptDictIterator
            ScriptDictKeyIterator ScriptFunction ScriptList ScriptListIterator ScriptMethod
            ScriptModule ScriptModuleSerializer ScriptObject ScriptObjectProperty
            SerializationStorageContext StaticModule StreamObjType StringType SymBool SymBoolType
            SymFloat SymInt SymIntType Tag TensorType ThroughputBenchmark TracingState TupleType
            Type UnionType Use Value classes export fork fx get_file_path import_ir_module
            import_ir_module_from_buffer
            merge_type_from_type_comment monitor package parse_ir parse_schema
            parse_type_comment prepare_multiprocessing_environment sym_constrain_range
            sym_constrain_range_for_size sym_float sym_fresh_size sym_int sym_ite sym_max sym_min
            sym_not sym_sqrt sym_sum unify_type_list wait
        """,
        "compiler": """
            substitute_in_graph
        """,
        "cuda": """
            CUDAGraph jiterator
        """,
        "testing": """
            FileCheck
        """,
        "utils": """
            ThroughputBenchmark
        """,
        "utils.checkpoint": """
            DefaultDeviceType GraphExecGroup
        """,
        "utils.dlpack": """
            DLDeviceType
        """,
        "jit": """
            CompilationUnit enable_onednn_fusion export_opnames onednn_fusion_enabled
            set_fusion_strategy strict_fusion
        """,
    },
    "several processes: one process drives all devices here": {
        "": """
            is_distributed
        """,
        "Tensor": """
            module_load
        """,
        "cuda": """
            nccl
        """,
        "distributed": """
            AllToAllOptions AllreduceCoalescedOptions AllreduceOptions BackendConfig BarrierOptions
            BroadcastOptions BuiltinCommHookType DebugLevel DeviceMesh FileStore GatherOptions
            GradBucket GroupName HashStore Logger P2POp PrefixStore ProcessGroupGloo QueueEmptyError
            ReduceOptions ReduceScatterOptions Reducer ScatterOptions Store TCPStore algorithms
            all_gather_coalesced all_gather_single all_reduce_coalesced autograd batch_isend_irecv
            breakpoint c10d_logger config constants default_pg_timeout device_mesh distributed_c10d
            get_backend_config get_debug_level get_pg_count init_device_mesh logging_handlers
            new_subgroups new_subgroups_by_enumeration record_comm recv_object_list reduce_op
            reduce_scatter_single register_rendezvous_handler remote_device rendezvous rpc
            send_object_list set_debug_level set_debug_level_from_env shrink_group split_group
            supports_complex utils
        """,
    },
    "other devices and their libraries, and CUDA's streams, memory pools and graphs: XLA schedules and allocates": {
        "": """
            AcceleratorError USE_GLOBAL_DEPS USE_RTLD_GLOBAL_WITH_LIBTORCH compiled_with_cxx11_abi
            cpp cudnn_affine_grid_generator cudnn_batch_norm cudnn_convolution
            cudnn_convolution_add_relu cudnn_convolution_relu cudnn_convolution_transpose
            cudnn_grid_sampler cudnn_is_acceptable get_autocast_ipu_dtype get_autocast_xla_dtype
            get_device_module has_lapack has_mkl has_openmp has_spectral init_num_threads
            is_autocast_ipu_enabled is_autocast_xla_enabled is_vulkan_available miopen_batch_norm
            miopen_convolution miopen_convolution_add_relu miopen_convolution_relu
            miopen_convolution_transpose miopen_ctc_loss miopen_depthwise_convolution miopen_rnn
            mkldnn_adaptive_avg_pool2d mkldnn_convolution mkldnn_linear_backward_weights
            mkldnn_max_pool2d mkldnn_max_pool3d mkldnn_rnn_layer mtia
            profiler_allow_cudagraph_cupti_lazy_reinit_cuda12 set_autocast_ipu_dtype
            set_autocast_ipu_enabled set_autocast_xla_dtype set_autocast_xla_enabled windows
        """,
        "Tensor": """
            ipu mtia record_stream xpu
        """,
        "autograd.graph": """
            set_override_stale_capture_stream set_warn_on_accumulate_grad_stream_mismatch
        """,
        "backends": """
            m mha miopen nnpack python_native
        """,
        "cuda": """
            BFloat16Storage BoolStorage ByteStorage CUDAPluggableAllocator CharStorage
            ComplexDoubleStorage ComplexFloatStorage CudaError DeferredCudaCallError DoubleStorage
            ExternalStream FloatStorage GreenContext HalfStorage IntStorage LongStorage MemPool
            ShortStorage caching_allocator_alloc caching_allocator_delete caching_allocator_disabled
            caching_allocator_enable can_device_access_peer change_current_allocator check_error
            clock_rate cudaStatus cudart current_blas_handle current_solver_handle
            default_generators device_memory_used get_per_process_memory_fraction
            get_stream_from_external get_sync_debug_mode graph graph_pool_handle graphs has_half
            has_magma host_memory_stats list_gpu_processes make_graphed_callables memory_snapshot
            memory_usage power_draw profiler reset_accumulated_host_memory_stats
            reset_peak_host_memory_stats set_per_process_memory_fraction set_sync_debug_mode
            temperature tunable use_mem_pool utilization
        """,
        "cuda.amp": """
            amp_definitely_not_available
        """,
        "utils": """
            backend_registration generate_methods_for_privateuse1_backend rename_privateuse1_backend
        """,
        "utils._pytree": """
            treespec_dumps
        """,
        "version": """
            rocm
        """,
        "accelerator": """
            Graph get_device_capability
        """,
        "backends.cuda": """
            SDPAParams allow_fp16_bf16_reduction_math_sdp blas_workspace_size
            can_use_cudnn_attention can_use_efficient_attention can_use_flash_attention cuBLASModule
            cuFFTPlanCache cuFFTPlanCacheAttrContextProp cuFFTPlanCacheManager cublas_workspace_size
            cublaslt_workspace_size cufft_plan_cache fp16_bf16_reduction_math_sdp_allowed
            is_ck_sdpa_available preferred_blas_library preferred_rocm_fa_library
        """,
        "backends.cudnn": """
            m
        """,
        "cuda.memory": """
            CUDAPluggableAllocator MemPool caching_allocator_alloc caching_allocator_delete
            caching_allocator_disabled caching_allocator_enable change_current_allocator
            get_per_process_memory_fraction host_memory_stats host_memory_stats_as_nested_dict
            list_gpu_processes memory_snapshot memory_stats_as_nested_dict
            reset_accumulated_host_memory_stats reset_peak_host_memory_stats
            set_per_process_memory_fraction use_mem_pool
        """,
        "cuda.streams": """
            ExternalStream
        """,
        "cpu": """
            get_capabilities
        """,
        "mps": """
            Event compile_shader get_rng_state load_metallib profiler recommended_max_memory
            set_per_process_memory_fraction set_rng_state
        """,
        "xpu": """
            Event MemPool Stream StreamContext XPUGraph XPUPluggableAllocator can_device_access_peer
            change_current_allocator clock_rate current_stream default_generators device
            device_memory_used device_of get_arch_list get_device_capability get_device_name
            get_device_properties get_gencode_flags get_per_process_memory_fraction get_rng_state
            get_rng_state_all get_stream_from_external graph graph_pool_handle init initial_seed
            is_bf16_supported is_current_stream_capturing is_tf32_supported make_graphed_callables
            max_memory_allocated max_memory_reserved mem_get_info memory_allocated memory_reserved
            memory_snapshot memory_stats memory_stats_as_nested_dict memory_usage power_draw
            reset_accumulated_memory_stats reset_peak_memory_stats seed seed_all
            set_per_process_memory_fraction set_rng_state set_rng_state_all set_stream stream
            streams temperature use_mem_pool utilization
        """,
    },
    "storages as typed constructors, which torch calls deprecated": {
        "": """
            BFloat16Storage BoolStorage ByteStorage CharStorage ComplexDoubleStorage
            ComplexFloatStorage DoubleStorage FloatStorage HalfStorage IntStorage LongStorage
            ShortStorage Storage StorageBase from_file storage
        """,
        "Tensor": """
            const_data_ptr storage_type
        """,
        "types": """
            Storage
        """,
    },
    "removed from torch, or deprecated there: what is left is an error or a warning": {
        "": """
            eig frobenius_norm lstsq matrix_rank nuclear_norm slice_inverse solve symeig
        """,
        "Tensor": """
            eig index lstsq name reinforce resize resize_as slice_inverse solve symeig volatile
        """,
        "autograd": """
            NestedIOFunction
        """,
        "autograd.function": """
            NestedIOFunction
        """,
        "utils": """
            backcompat
        """,
        "utils.data": """
            DFIterDataPipe DataChunk IterDataPipe MapDataPipe argument_validation
            functional_datapipe guaranteed_datapipes_determinism non_deterministic
            runtime_validation runtime_validation_disabled
        """,
    },
    "internal to torch's kernels": {
        "": """
            TYPE_CHECKING affine_grid_generator ao batch_norm_backward_elemt
            batch_norm_backward_reduce batch_norm_elemt batch_norm_gather_stats
            batch_norm_gather_stats_with_counts batch_norm_stats batch_norm_update_stats
            classproperty convolution detach_copy grid_sampler_2d grid_sampler_3d indices_copy
            native_batch_norm native_dropout native_group_norm native_layer_norm native_norm
            thread_safe_generator view_as_complex_copy view_as_real_copy
        """,
        "fft": """
            Tensor
        """,
        "linalg": """
            common_notes
        """,
        "random": """
            thread_safe_generator
        """,
        "utils": """
            cmake_prefix_path cpp_backtrace deterministic get_cpp_backtrace set_module
            throughput_benchmark weak
        """,
        "utils.data": """
            _DatasetKind
        """,
        "utils.hooks": """
            BackwardHook unserializable_hook warn_if_has_hooks
        """,
        "version": """
            git_version
        """,
        "serialization": """
            LoadEndianness SourceChangeWarning StorageType check_module_version_greater_or_equal
            default_restore_location get_crc32_options get_default_load_endianness
            get_default_mmap_options get_unsafe_globals_in_checkpoint location_tag mkdtemp
            normalize_storage_type register_package set_crc32_options set_default_load_endianness
            set_default_mmap_options skip_data storage_to_tensor_type validate_cuda_device
            validate_hpu_device
        """,
    },
    "of torch.compile's guards and caches: a compiled function has others here": {
        "compiler": """
            config keep_portable_guards_unsafe keep_tensor_guards_unsafe load_cache_artifacts
            load_compiled_function save_cache_artifacts set_enable_guard_collectives
            skip_all_guards_unsafe skip_guard_on_all_nn_modules_unsafe skip_guard_on_globals_unsafe
            skip_guard_on_inbuilt_nn_modules_unsafe
        """,
    },
    "of torch's own profilers: JAX's records here": {
        "autograd.profiler": """
            EnforceUnique KinetoStepTracker MemRecordsAcc emit_itt emit_nvtx load_nvprof
            parse_nvprof_trace
        """,
        "profiler": """
            DeviceType ExecutionTraceObserver
        """,
    },
    "measuring C++ and counting instructions by Valgrind, and drawing random arguments": {
        "utils.benchmark": """
            CallgrindStats CopyIfCallgrind FunctionCount FunctionCounts FuzzedParameter
            FuzzedSparseTensor FuzzedTensor Fuzzer ParameterAlias set_torch_threads utils
        """,
    },
    "not there yet": {
        "": """
            embedding_bag set_anomaly_enabled
        """,
        "Tensor": """
            grad_dtype
        """,
        "autograd.graph": """
            region_activation_memory_budget
        """,
        "func": """
            rearrange
        """,
        "utils._pytree": """
            treespec_loads
        """,
    },
}

# Modules that are not here, by reason.
MODULES_LEFT_OUT: dict[str, str] = {
    "sparse but in coordinates, quantized, nested and other tensors that are not dense": """
        ao backends.quantized backends.xnnpack nested nn.backends nn.intrinsic nn.qat nn.quantizable nn.quantized
        quantization cuda.sparse
    """,
    "TorchScript, ONNX, FX and export: JAX's own tracing and StableHLO take their place": """
        contrib export fx nativert onnx package utils.bundled_inputs utils.jit utils.mkldnn
        utils.mobile_optimizer utils.model_dump utils.serialization utils.show_pickle utils.throughput_benchmark
        utils.viz
    """,
    "operators in C++ or Triton: JAX's custom calls and Pallas take their place": """
        nn.cpp utils.cpp_backtrace utils.cpp_extension utils.file_baton utils.hipify
    """,
    "several processes: one process drives all devices here": """
        distributed.algorithms distributed.argparse_util distributed.autograd distributed.c10d_logger
        distributed.checkpoint distributed.collective_utils distributed.config distributed.constants distributed.debug
        distributed.device_mesh distributed.distributed_c10d distributed.elastic distributed.flight_recorder
        distributed.fsdp distributed.launch distributed.launcher distributed.logging_handlers distributed.nn
        distributed.optim distributed.pipelining distributed.remote_device distributed.rendezvous distributed.rpc
        distributed.run distributed.tensor distributed.utils
    """,
    "other devices and their libraries, and CUDA's streams, memory pools and graphs: XLA schedules and allocates": """
        backends.cusparselt backends.kleidiai backends.mha backends.miopen backends.nnpack backends.python_native
        backends.xeon cuda.comm cuda.gds cuda.graphs cuda.green_contexts cuda.jiterator cuda.nccl cuda.profiler
        cuda.tunable mtia numa utils.backend_registration
    """,
    "removed from torch, or deprecated there": """
        autograd.profiler_legacy storage utils.backcompat utils.data.backward_compatibility utils.data.datapipes
        utils.data.graph utils.data.graph_settings
    """,
    "internal to torch": """
        autograd.profiler_util monitor utils.debug_log utils.deterministic utils.weak
    """,
    "functions of that name stand in the package": """
        nn.utils.spectral_norm nn.utils.weight_norm
    """,
    "not there yet": """
        nn.attention.experimental nn.attention.varlen
    """,
}
